// Counts the work that a decoder does on a body, so that a test can show it is linear without a clock.

import { Buffer } from 'node:buffer'

/** A body of which every byte that is searched or decoded, and every call, counts one. */
export type Counted = { body: Buffer; work: () => number }

/** Copies a body and watches the copy. What src/wire calls on buffers is counted, with an upper bound for each call. */
export function counted(body: Buffer): Counted {
  let work = 0
  const watch = (buffer: Buffer): Buffer => {
    const indexOf = buffer.indexOf.bind(buffer)
    const subarray = buffer.subarray.bind(buffer)
    const toString = buffer.toString.bind(buffer)
    return Object.assign(buffer, {
      indexOf(value: number, from: number): number {
        const found = indexOf(value, from)
        work += 1 + (found < 0 ? buffer.length : found) - from
        return found
      },
      subarray(start?: number, end?: number): Buffer {
        work++
        return watch(subarray(start, end))
      },
      toString(encoding?: BufferEncoding): string {
        work += 1 + buffer.length
        return toString(encoding)
      },
    })
  }
  return { body: watch(Buffer.from(body)), work: () => work }
}

/** Counts the bytes that `act` makes Buffer allocate. */
export function bytesAllocated(act: () => void): number {
  const [allocUnsafe, alloc, concat] = [
    Buffer.allocUnsafe.bind(Buffer),
    Buffer.alloc.bind(Buffer),
    Buffer.concat.bind(Buffer),
  ]
  let bytes = 0
  const count = (buffer: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> => {
    bytes += buffer.length
    return buffer
  }
  Buffer.allocUnsafe = size => count(allocUnsafe(size))
  Buffer.alloc = (size: number) => count(alloc(size))
  Buffer.concat = (list, size) => count(concat(list, size))
  try {
    act()
  } finally {
    Object.assign(Buffer, { allocUnsafe, alloc, concat })
  }
  return bytes
}
