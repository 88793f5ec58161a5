// The upstream leg of a session: a socket, and a sink that may change hands (login, then relay) without losing a byte.

import { Buffer } from 'node:buffer'
import net from 'node:net'
import tls from 'node:tls'

/**
 * Bytes that one read takes at most, in a buffer of the leg's own. libuv reads 64 KiB at a time whatever we give it, so
 * less would mean more reads of a bulk answer; more was not faster.
 */
export const READ_BUFFER_BYTES = 65_536

// A peer that vanished without a word (power, NAT) is found out by probes that start after this silence.
const KEEP_ALIVE_DELAY_MS = 60_000

/**
 * Takes bytes. The chunk is the leg's own buffer: valid only during the call, so copy what must stay. Return false to
 * stop reading until `resume`; the chunk itself counts as taken either way.
 */
export type Sink = (chunk: Buffer) => boolean

/**
 * Owns the socket. Without a sink it is not read, and the callbacks are not called: set them, then the sink, which
 * catches up on what has happened since.
 */
export class Leg {
  /** Called when the server has sent its last byte. */
  onEnd: () => void = ignore
  /** Called when the socket failed; `onClose` follows. */
  onError: (error: Error) => void = ignore
  /** Called when nothing more can come or go. */
  onClose: () => void = ignore
  #socket: net.Socket
  #sink: Sink | null = null
  #ended = false
  #failure: Error | null = null
  #closed = false

  /** Begins to connect. Plaintext is read into one fixed buffer, which costs a fifth less than `data` events. */
  constructor(address: net.TcpNetConnectOpts | net.IpcNetConnectOpts, readBufferBytes = READ_BUFFER_BYTES) {
    const buffer = Buffer.allocUnsafeSlow(readBufferBytes)
    const callback = (bytes: number) => this.#deliver(buffer.subarray(0, bytes))
    this.#socket = net.connect({
      ...address,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
      onread: { buffer, callback },
    })
    this.#socket.pause()
    this.#watch(this.#socket)
  }

  /** To write to, end and destroy. Don't listen for its `data`: reading belongs to the sink. */
  get socket(): net.Socket {
    return this.#socket
  }

  /** The TLS socket, or null when the leg is in the clear. */
  get tls(): tls.TLSSocket | null {
    return this.#socket instanceof tls.TLSSocket ? this.#socket : null
  }

  /** Whether the server has sent its last byte. Not known before all bytes have been read. */
  get ended(): boolean {
    return this.#ended
  }

  /** Why the socket failed, or null. */
  get failure(): Error | null {
    return this.#failure
  }

  /** Resolves when connected; rejects with the socket's error. */
  async connected(): Promise<void> {
    await happens(this.#socket, 'connect')
  }

  /** Upgrades to TLS, before any sink is set; resolves after the handshake, rejects with what made it fail. */
  async startTls(options: tls.ConnectionOptions): Promise<void> {
    const secure = tls.connect({ ...options, socket: this.#socket })
    this.#socket = secure
    this.#watch(secure)
    await happens(secure, 'secureConnect')
    secure.pause()
    secure.on('data', (chunk: Buffer) => {
      if (!this.#deliver(chunk)) secure.pause()
    })
  }

  /** Gives all bytes from here on to `sink`, and reads on. */
  setSink(sink: Sink): void {
    this.#sink = sink
    this.resume()
    if (this.#ended) this.onEnd()
    if (this.#failure !== null) this.onError(this.#failure)
    if (this.#closed) this.onClose()
  }

  /** Takes the sink away and stops reading: what comes next is for the next sink. */
  removeSink(): void {
    this.#sink = null
    this.#socket.pause()
  }

  /** Reads on after a sink has returned false. */
  resume(): void {
    if (this.#sink !== null) this.#socket.resume()
  }

  /** Closes at once; bytes under way are lost. `error` is what `onError` is told. */
  destroy(error?: Error): void {
    this.#socket.destroy(error)
  }

  /** Destroys the leg, with the signal's reason, when the signal aborts. */
  destroyOn(signal: AbortSignal): void {
    const destroy = () => this.destroy(signal.reason as Error)
    if (signal.aborted) destroy()
    else signal.addEventListener('abort', destroy, { once: true })
  }

  #deliver(chunk: Buffer): boolean {
    if (this.#sink !== null) return this.#sink(chunk)
    // Can't be: reading is stopped. Better no session than one that lacks bytes.
    this.destroy(new Error('bytes were read without a sink'))
    return false
  }

  #watch(socket: net.Socket): void {
    // After an upgrade the plain socket reports what the TLS socket reports too: once is enough.
    const current = () => socket === this.#socket
    socket.on('end', () => {
      if (!current()) return
      this.#ended = true
      if (this.#sink !== null) this.onEnd()
    })
    // Listened to as long as the socket lives: an error without a listener would end the process.
    socket.on('error', (error: Error) => {
      if (!current()) return
      this.#failure ??= error
      if (this.#sink !== null) this.onError(error)
    })
    socket.on('close', () => {
      if (!current()) return
      this.#closed = true
      if (this.#sink !== null) this.onClose()
    })
  }
}

function happens(socket: net.Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
  })
}

function ignore(): void {}
