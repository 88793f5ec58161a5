// What a process holds: read from Linux' /proc, proc(5).

import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessCost {
  /** Open descriptors. */
  readonly descriptors: number
  /** KiB in memory that are not shared. */
  readonly kib: number
}

export function costOf(pid: number): ProcessCost {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    kib: Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]),
  }
}
