// A client that does what it is told, byte by byte: for all that no driver does.

import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { randomBytes } from 'node:crypto'
import { tlsServerEndPoint } from '../../src/scram/channel-binding.js'
import { ScramClient } from '../../src/scram/client.js'
import { query, saslInitialResponse, saslResponse } from '../../src/wire/frontend.js'
import { encodeSslRequest, encodeStartup } from '../../src/wire/startup.js'

export interface Heard {
  readonly type: string
  readonly body: Buffer
  /** The whole message. */
  readonly bytes: Buffer
}

export interface Person {
  readonly name: string
  readonly token: string
}

export interface LoginOptions {
  readonly minor?: number
  /** As binary strings, behind user and database. */
  readonly parameters?: readonly (readonly [string, string])[]
  readonly database?: string
}

export class RawClient {
  socket: net.Socket
  /** What TLS is spoken over, or the socket itself. */
  readonly #plain: net.Socket
  #received: Buffer = Buffer.alloc(0)
  #isOver = false
  #wake: () => void = () => {}

  private constructor(plain: net.Socket, socket = plain) {
    this.#plain = plain
    this.socket = socket
    this.#listen()
  }

  static async connect(port: number, { localAddress = '127.0.0.1' } = {}): Promise<RawClient> {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  /** Connects with direct TLS, no SSLRequest first. */
  static async connectTls(port: number, ca: string | Buffer, alpn: string[] = ['postgresql']): Promise<RawClient> {
    const plain = net.connect({ host: '127.0.0.1', port, noDelay: true })
    const socket = tls.connect({ socket: plain, host: '127.0.0.1', ca, ALPNProtocols: alpn })
    await once(socket, 'secureConnect')
    return new RawClient(plain, socket)
  }

  /** Everything received and not yet taken. */
  get waiting(): Buffer {
    return this.#received
  }

  /** The server's certificate, DER; null in the clear. */
  get certificate(): Buffer | null {
    return this.socket instanceof tls.TLSSocket ? this.socket.getPeerCertificate().raw : null
  }

  send(...bytes: Buffer[]): this {
    this.socket.write(Buffer.concat(bytes))
    return this
  }

  startup(user: string, { minor = 0, parameters = [], database = 'shop' }: LoginOptions = {}): this {
    const all = new Map([['user', user], ['database', database], ...parameters])
    return this.send(encodeStartup({ minor, parameters: all }))
  }

  /** Asks for TLS and goes over to it. */
  async startTls(ca: string | Buffer): Promise<this> {
    this.send(encodeSslRequest())
    const answer = (await this.bytes(1)).toString()
    if (answer !== 'S') throw new Error(`TLS was answered ${answer}`)
    this.socket.removeAllListeners('data')
    this.socket.removeAllListeners('end')
    this.socket = tls.connect({ socket: this.socket, ca, host: '127.0.0.1' })
    await once(this.socket, 'secureConnect')
    this.#listen()
    return this
  }

  /** Waits for so many bytes. Rejects when the connection is over before. */
  async bytes(count: number): Promise<Buffer> {
    while (this.#received.length < count) {
      if (this.#isOver) throw new Error('the connection is over')
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
    const taken = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return taken
  }

  async message(): Promise<Heard> {
    const header = await this.bytes(5)
    const body = await this.bytes(header.readInt32BE(1) - 4)
    return { type: header.toString('latin1', 0, 1), body, bytes: Buffer.concat([header, body]) }
  }

  /** Reads up to and with the next message of this type. */
  async upTo(type: string): Promise<Heard[]> {
    const heard: Heard[] = []
    do heard.push(await this.message())
    while (heard.at(-1)?.type !== type)
    return heard
  }

  /** Reads whole messages until the connection is over. Rejects when it ends within one. */
  async toEnd(): Promise<Heard[]> {
    const heard: Heard[] = []
    for (;;) {
      while (this.#received.length === 0) {
        if (this.#isOver) return heard
        await new Promise<void>(resolve => (this.#wake = resolve))
      }
      heard.push(await this.message())
    }
  }

  /** Waits until the server has closed, and answers what came before as it is. */
  async rest(): Promise<Buffer> {
    while (!this.#isOver) await new Promise<void>(resolve => (this.#wake = resolve))
    return this.#received
  }

  /** Logs in by SCRAM; answers all that was said, up to ReadyForQuery. Rejects with a `Told` when refused. */
  async logIn(person: Person, options: LoginOptions = {}): Promise<Heard[]> {
    this.startup(person.name, options)
    return [...(await this.prove(person.token)), ...(await this.#untilReady())]
  }

  /** Proves the token by SCRAM, up to and with AuthenticationSASLFinal. */
  async prove(token: string, certificate = this.certificate, onHeard: (heard: Heard) => void = () => {}) {
    const heard: Heard[] = []
    const answer = async () => {
      const message = await this.message()
      heard.push(message)
      onHeard(message)
      if (message.type === 'E') throw new Told(message)
      return message.body.subarray(4)
    }
    const scram = new ScramClient({
      clientNonce: randomBytes(18).toString('base64'),
      password: token,
      channelBinding: certificate && tlsServerEndPoint(certificate),
    })
    let offer = await answer()
    if (heard.at(-1)?.type === 'v') offer = await answer()
    const { mechanism, data } = scram.first(offer.toString().split('\0').filter(Boolean))
    this.send(saslInitialResponse(mechanism, data))
    this.send(saslResponse(await scram.final(await answer())))
    scram.verify(await answer())
    return heard
  }

  query(sql: string): this {
    return this.send(query(sql))
  }

  /** Runs a query and answers everything up to ReadyForQuery. */
  async ask(sql: string): Promise<Heard[]> {
    return this.query(sql).upTo('Z')
  }

  /** Says nothing more, but would still read: a FIN, as a load balancer's probe sends it. */
  end(): void {
    this.#plain.end()
  }

  close(): void {
    this.socket.destroy()
  }

  /** Goes without a word, as a client does that is killed with its machine: by a TCP reset. */
  reset(): void {
    this.#plain.resetAndDestroy()
  }

  async #notRefused(): Promise<Heard> {
    const heard = await this.message()
    if (heard.type === 'E') throw new Told(heard)
    return heard
  }

  async #untilReady(): Promise<Heard[]> {
    const heard: Heard[] = []
    do heard.push(await this.#notRefused())
    while (heard.at(-1)?.type !== 'Z')
    return heard
  }

  #listen(): void {
    const over = () => {
      this.#isOver = true
      this.#wake()
    }
    this.socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    this.socket.on('error', over).on('end', over).on('close', over)
  }
}

/** What an ErrorResponse told a client. */
export class Told extends Error {
  readonly bytes: Buffer
  readonly fields: Record<string, string>

  constructor(heard: Heard) {
    const fields = fieldsOf(heard.body)
    super(fields['M'] ?? 'no message')
    this.bytes = heard.bytes
    this.fields = fields
  }

  get code(): string {
    return this.fields['C'] ?? ''
  }

  /** The reference in DETAIL, by which the log has more. */
  get reference(): string {
    return /Reference: (\S+)/.exec(this.fields['D'] ?? '')?.[1] ?? ''
  }
}

/** The fields of an ErrorResponse or NoticeResponse by their type. */
export function fieldsOf(body: Buffer): Record<string, string> {
  const fields = body.toString('utf8').split('\0').filter(Boolean)
  return Object.fromEntries(fields.map(field => [field.charAt(0), field.slice(1)]))
}
