// Writes log lines to a file descriptor that may fail: a full disk, or a pipe whose reader stands still. Lines are lost
// then, and nothing else is: the process goes on, and it can exit. pino's own destination ends the process at the first
// error, and then retries synchronously without an end.

import { write, writeSync } from 'node:fs'

/** Lines wait in memory up to this size, in bytes; further ones are lost. */
export const MAX_WAITING_BYTES = 1024 * 1024
/** As many bytes as one write takes: the capacity of a pipe, see pipe(7). */
const MAX_WRITE_BYTES = 64 * 1024
/** Pause after EAGAIN: the reader of a pipe is behind. */
const FULL_PIPE_PAUSE_MS = 100
/** Pause after any other error, as ENOSPC. */
const FAILED_PAUSE_MS = 1000
/** How long the exit waits for the reader of a pipe. */
const EXIT_WAIT_MS = 1000
const EXIT_PAUSE_MS = 10

export class LogOutput {
  readonly #fd: number
  readonly #onLost: (lines: number) => void
  readonly #lines: Buffer[] = []
  /** What is being written, or is to be written first. */
  #chunk: Buffer = Buffer.alloc(0)
  #waitingBytes = 0
  #lost = 0
  #state: 'idle' | 'writing' | 'pausing' | 'closed' = 'idle'

  /** @param fd must not block when it is a pipe. Stays open.
   * @param onLost called when lines are written again, with the number of those that were lost in between. */
  constructor(fd: number, onLost: (lines: number) => void) {
    this.#fd = fd
    this.#onLost = onLost
    process.once('exit', () => this.#flush())
  }

  /** How many bytes wait to be written: at most MAX_WAITING_BYTES. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Takes a line with its line feed. Never throws and never blocks. */
  write(text: string): void {
    if (this.#state === 'closed') return
    const line = Buffer.from(text)
    if (this.#waitingBytes + line.length > MAX_WAITING_BYTES) {
      this.#lost++
      return
    }
    this.#lines.push(line)
    this.#waitingBytes += line.length
    if (this.#state === 'idle') this.#writeNext()
  }

  #writeNext(): void {
    if (!this.#fillChunk()) {
      this.#state = 'idle'
      return
    }
    this.#state = 'writing'
    write(this.#fd, this.#chunk, (error, written) => {
      if (error) this.#pauseAfter(error)
      else {
        this.#wrote(written)
        this.#reportLost()
        this.#writeNext()
      }
    })
  }

  /** Returns false when nothing waits. */
  #fillChunk(): boolean {
    if (this.#chunk.length > 0) return true
    let count = 0
    for (let bytes = 0; count < this.#lines.length && bytes < MAX_WRITE_BYTES; count++) {
      bytes += this.#lines[count]?.length ?? 0
    }
    this.#chunk = Buffer.concat(this.#lines.splice(0, count))
    return this.#chunk.length > 0
  }

  #wrote(bytes: number): void {
    this.#chunk = this.#chunk.subarray(bytes)
    this.#waitingBytes -= bytes
  }

  #reportLost(): void {
    if (this.#lost === 0 || this.#waitingBytes > MAX_WAITING_BYTES / 2) return
    const lost = this.#lost
    this.#lost = 0
    this.#onLost(lost)
  }

  #pauseAfter({ code }: NodeJS.ErrnoException): void {
    if (code === 'EPIPE') {
      this.#close()
      return
    }
    this.#state = 'pausing'
    setTimeout(() => this.#writeNext(), code === 'EAGAIN' ? FULL_PIPE_PAUSE_MS : FAILED_PAUSE_MS).unref()
  }

  /** The reader has closed the pipe, and no other can come. */
  #close(): void {
    this.#state = 'closed'
    this.#lines.length = 0
    this.#chunk = Buffer.alloc(0)
    this.#waitingBytes = 0
  }

  /** Writes what waits as the process exits, as far as it can be written. */
  #flush(): void {
    // A write that is under way has its chunk: it ends before the process does.
    if (this.#state === 'writing') this.#wrote(this.#chunk.length)
    const deadline = performance.now() + EXIT_WAIT_MS
    while (this.#state !== 'closed' && this.#fillChunk()) {
      try {
        this.#wrote(writeSync(this.#fd, this.#chunk))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() >= deadline) return
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_PAUSE_MS)
      }
    }
  }
}
