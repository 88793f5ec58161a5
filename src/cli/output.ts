// Standard output as it really is: a pipe whose reader may leave, a disk that may be full, or closed. A write counts as
// done when the system has taken it, and a secret that is shown once is made useless when it could not be shown.

import { fstatSync, fsyncSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import { CommandError } from './command-error.js'
import type { Output, Terminal } from './terminal.js'

/** A secret that is shown this once. */
export interface Secret {
  /** What holds it, as in `key 4kTq0nZb7XvA of robot`. */
  readonly name: string
  /** Makes it useless. */
  readonly revoke: () => Promise<unknown>
  /** The command that does the same. */
  readonly byHand: string
  /** What to do when it was revoked. Default: run the command again. */
  readonly next?: string
}

/** Writes a text, with a line break at its end, and waits until the system has taken it. That its reader has left, as head
 * does, is no failure.
 * @returns false when the reader has left
 * @throws CommandError when it cannot be written, as to a full disk */
export async function write(output: Output, text: string | Uint8Array): Promise<boolean> {
  if (text.length === 0) return true
  try {
    await put(output, typeof text === 'string' ? withBreak(text) : text)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false
    throw outputError(error)
  }
}

/** Writes a secret that is shown this once. When it cannot be written, for whatever reason, it is revoked.
 * @throws CommandError that says so, or which command revokes it */
export async function writeSecret({ stdout }: Pick<Terminal, 'stdout'>, text: string, secret: Secret): Promise<void> {
  try {
    if (isClosed(stdout)) throw Object.assign(new Error('closed'), { code: 'EBADF' })
    await put(stdout, withBreak(text))
    settle(stdout)
  } catch (error) {
    const failure = `cannot write to standard output: ${reasonOf(error)}`
    const isRevoked = await secret.revoke().then(
      () => true,
      () => false,
    )
    if (!isRevoked) {
      throw new CommandError(
        `${failure}; ${secret.name} was not shown and could not be revoked`,
        `revoke it: ${secret.byHand}`,
      )
    }
    const next = secret.next ?? 'correct that, and run the command again'
    throw new CommandError(`${failure}; ${secret.name} was revoked, because it could not be shown`, next)
  }
}

/** Makes the error for a write that failed. */
export function outputError(error: unknown): CommandError {
  return new CommandError(
    `cannot write to standard output: ${reasonOf(error)}`,
    'what was printed is not whole: make room or write elsewhere, and look at what is there before you run it again',
  )
}

function withBreak(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}

function put(output: Output, text: string | Uint8Array): Promise<void> {
  // Node's own stream for files takes a write for done of which only a part fitted on the disk.
  if (isFile(output)) {
    writeFileSync(output.fd, text)
    return Promise.resolve()
  }
  return new Promise((resolve, reject) => {
    output.write(text, error => (error ? reject(error) : resolve()))
  })
}

/** A file system may notice only now that it has no room left, as NFS does. */
function settle(output: Output): void {
  if (isFile(output)) fsyncSync(output.fd)
}

function isFile(output: Output): output is Output & { readonly fd: number } {
  const { fd } = output as { readonly fd?: unknown }
  return typeof fd === 'number' && fstatSync(fd).isFile()
}

// Node opens /dev/null in the place of an output that was closed, for reading and writing; `> /dev/null` is for writing.
function isClosed(output: Output): boolean {
  const { fd } = output as { readonly fd?: unknown }
  if (typeof fd !== 'number' || process.platform !== 'linux') return false
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
    const isNull = fstatSync(fd).rdev === statSync('/dev/null').rdev
    return isNull && flags !== undefined && (parseInt(flags, 8) & 0o3) === 0o2
  } catch {
    return false
  }
}

/** Says why a write failed, in the system's words. */
function reasonOf(error: unknown): string {
  const { code, errno } = error as NodeJS.ErrnoException
  if (code === 'EPIPE') return 'its reader has closed the pipe'
  if (code === 'EBADF') return 'it is closed'
  const [, words] = getSystemErrorMap().get(errno ?? 0) ?? []
  return words ?? code ?? 'unknown reason'
}
