// The client's side of a connection until the relay takes over: packets in, bytes out, and the upgrade to TLS.
//
// One reader, one way to stop: every wait ends with a packet or with the reason that the login was aborted for. A client
// that goes away aborts the login itself, so that nobody goes on connecting for it.

import type net from 'node:net'
import tls from 'node:tls'
import { Refusal } from '../errors.js'
import { unlessAborted } from '../upstream/unless-aborted.js'
import { PacketReader, type Message } from '../wire/packets.js'
import { WireError } from '../wire/wire-error.js'

/** The client closed or lost the connection: there is nobody left to be told anything. */
export class ClientGone extends Error {
  constructor(cause?: unknown) {
    super('the client went away', cause === undefined ? {} : { cause })
    this.name = 'ClientGone'
  }
}

export class ClientConnection {
  readonly #login: AbortController
  #socket: net.Socket
  #packets = new PacketReader()
  #certificateFault: Error | null = null
  #wake: (() => void) | undefined

  /** Takes over the socket. Whoever aborts `login` gives a Refusal as the reason; the client's going away and bytes that
   * no login needs abort it here. */
  constructor(socket: net.Socket, login: AbortController) {
    this.#socket = socket
    this.#login = login
    // Listened to as long as the socket lives: an error without a listener would end the process.
    socket.on('error', this.#onError)
    this.#attach()
    login.signal.addEventListener('abort', () => this.#wakeUp(), { once: true })
  }

  get socket(): net.Socket {
    return this.#socket
  }

  /** The TLS socket, or null while in the clear. */
  get tls(): tls.TLSSocket | null {
    return this.#socket instanceof tls.TLSSocket ? this.#socket : null
  }

  /** What is wrong with the certificate that was asked for in the handshake; null also where none was. */
  get certificateFault(): Error | null {
    return this.#certificateFault
  }

  /** Bytes that came and have not been read as a packet. */
  get buffered(): number {
    return this.#packets.buffered
  }

  /** Waits for the first byte and leaves it unread. */
  async peek(): Promise<number> {
    return this.#wait(() => this.#packets.peek())
  }

  /** Waits for an untyped packet; its body without the length word. */
  async startupPacket(): Promise<Buffer> {
    return this.#wait(() => this.#packets.readStartup())
  }

  /** Waits for a message of this type, of at most `maxBytes`. */
  async message(type: string, maxBytes: number): Promise<Message> {
    const message = await this.#wait(() => this.#packets.readMessage(maxBytes))
    if (message.type !== type) throw new WireError('unexpected_message', `expected a message of type ${type}`)
    return message
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** Upgrades to TLS as the server; bytes that were read already are the beginning of the handshake. */
  async startTls(options: tls.TLSSocketOptions): Promise<void> {
    const plain = this.#socket
    this.#detach()
    plain.pause()
    const early = this.#packets.takeRest()
    if (early.length > 0) plain.unshift(early)
    const secure = new tls.TLSSocket(plain, { ...options, isServer: true })
    secure.on('error', this.#onError)
    this.#socket = secure
    this.#packets = new PacketReader()
    await this.#handshake(secure)
    if (options.requestCert) this.#certificateFault = faultOf(secure)
    this.#attach()
  }

  /** Waits for a step of the login that does not read from the client. Rejects with the reason that the login was aborted
   * for, as soon as it is; the step goes on for nothing. */
  unlessAborted<T>(step: Promise<T>): Promise<T> {
    return unlessAborted(step, this.#login.signal)
  }

  /** Gives the socket away, paused, with the bytes that came early. */
  release(): { readonly socket: net.Socket; readonly early: Buffer } {
    this.#socket.pause()
    this.#detach()
    return { socket: this.#socket, early: this.#packets.takeRest() }
  }

  #handshake(secure: tls.TLSSocket): Promise<void> {
    // A failed handshake closes the socket; its reason comes as an error only on some paths. A client's end closes nothing:
    // the socket may be half-open.
    const onGone = () => this.#login.abort(new ClientGone(new Error('the TLS handshake failed')))
    secure.once('end', onGone).once('close', onGone)
    const done = new Promise<void>(resolve => secure.once('secure', resolve))
    return this.unlessAborted(done).finally(() => secure.off('end', onGone).off('close', onGone))
  }

  async #wait<T>(take: () => T | undefined): Promise<T> {
    for (;;) {
      this.#login.signal.throwIfAborted()
      const taken = take()
      if (taken !== undefined) return taken
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }

  #attach(): void {
    this.#socket.on('data', this.#onData).on('end', this.#onGone).on('close', this.#onGone)
    this.#socket.resume()
  }

  #detach(): void {
    this.#socket.off('data', this.#onData).off('end', this.#onGone).off('close', this.#onGone)
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#packets.push(chunk)
      this.#wakeUp()
    } catch (error) {
      // More than any login needs: stop reading, so that no more memory is taken while the refusal goes out.
      this.#socket.pause()
      this.#login.abort(error instanceof WireError ? error : new Refusal('internal_error', { cause: error }))
    }
  }

  readonly #onGone = (): void => this.#login.abort(new ClientGone())

  readonly #onError = (error: Error): void => this.#login.abort(new ClientGone(error))

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** Looks at a client's certificate. A session that is resumed under TLS 1.3 passes OpenSSL's check without any: whoever was
 * refused for showing none could come again with the ticket. So there has to be one as well. */
function faultOf(secure: tls.TLSSocket): Error | null {
  if (!secure.getPeerX509Certificate()) return new Error('the client showed no certificate')
  // Node fills in `authorized` for sockets of a tls.Server only; this is what it asks there.
  const { ssl } = secure as unknown as { ssl: { verifyError(): Error | undefined } }
  return ssl.verifyError() ?? null
}
