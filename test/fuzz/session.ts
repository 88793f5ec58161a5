// Fuzzes a whole proxy over loopback: everything that a client may say from its first byte on, through every step of a
// login, with a database behind it that lets everybody in. So the proxy alone decides.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import type { Test } from 'tap'
import { ensureCertificates } from '../../src/embedded/certificates.js'
import { REFUSALS } from '../../src/errors.js'
import { ScramClient } from '../../src/scram/client.js'
import { moveDatabase } from '../../src/store/databases.js'
import * as backend from '../../src/wire/backend.js'
import { PacketReader, type Message } from '../../src/wire/packets.js'
import { fieldsOf } from '../proxy/raw-client.js'
import { makeWorld, type Member } from '../support/world.js'
import { fakeServer } from '../upstream/fake-server.js'
import { proxyHeader, opening } from './opening.js'
import { encode, hostility, mutate, pieces, type Hostility, type Packet } from './packets.js'
import { finalResponse, initialResponse } from './proofs.js'
import { soon, type Suite } from './suite.js'

export interface SessionCase extends Hostility {
  /** What the load balancer says first, to the listener that wants to hear one. */
  readonly header: Packet | null
  /** What comes before the honest start-up packet. */
  readonly before: readonly Packet[]
  readonly knows: boolean
}

export const sessionCases: fc.Arbitrary<SessionCase> = fc
  .tuple(
    fc.option(proxyHeader),
    fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: opening }),
    fc.boolean(),
    hostility(4),
  )
  .map(([header, before, knows, hostility]) => ({ header, before, knows, ...hostility }))

/** How long a client waits for an answer that may not come. */
const PATIENCE_MS = 5
const SQLSTATES = new Set<string>(Object.values(REFUSALS).map(({ sqlstate }) => sqlstate))
const QUERY: Packet = { type: 'Q', fields: ['select 1', '\0'] }
const TERMINATE: Packet = { type: 'X', fields: [] }

/** Makes the trial, with a world of its own. */
export async function sessionTrial(t: Suite): Promise<(given: SessionCase) => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'postern-fuzz-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const { certFile, keyFile } = await ensureCertificates(dir)
  const listener = { host: '127.0.0.1', port: 0, tls: 'allow', certificate_file: certFile, private_key_file: keyFile }
  const listeners = [listener, { ...listener, trusted_proxies: ['127.0.0.1'] }]
  const env = { POSTERN_LISTENERS: JSON.stringify(listeners), POSTERN_FAILED_LOGINS_PER_NETWORK: '1000000' }
  const world = await makeWorld(t as Test, { env })
  const robot = await world.account()
  const { target } = await fakeServer(t, socket => {
    const yes = [
      backend.authenticationOk(),
      backend.parameterStatus('server_version', '18.0'),
      backend.readyForQuery('I'),
    ]
    socket.once('data', () => socket.write(Buffer.concat(yes)))
    socket.on('end', () => socket.end())
  })
  await moveDatabase(world.store, world.database.id, target)

  return async given => {
    const port = world.instance.proxy[given.header ? 1 : 0]?.port ?? 0
    const visitor = await Visitor.connect(port)
    const intact = await converse(visitor, robot, given)
    await visitor.leave()
    judge(visitor.received, { mayPass: given.knows && intact, given })
  }
}

/** Says everything; tells whether what proves who it is arrived as it was meant. */
async function converse(visitor: Visitor, robot: Member, given: SessionCase): Promise<boolean> {
  const { header, before, knows } = given
  const strings = ['user', robot.name, 'database', 'shop'].map(string => `${string}\0`)
  const startup: Packet = { type: '', fields: ['\0\x03\0\0', ...strings, '\0'] }
  const scram = new ScramClient({
    clientNonce: randomBytes(18).toString('base64'),
    password: knows ? robot.token : 'no token',
    channelBinding: null,
  })
  const first = initialResponse('SCRAM-SHA-256', scram.first(['SCRAM-SHA-256']).data)

  await visitor.say(mutate([...(header ? [header] : []), ...before, startup], given, 0), given, 'R')
  const firstBytes = mutate([first], given, 1)
  const answer = await visitor.say(firstBytes, given, 'R')
  const challenge = heardIn(answer).find(({ type, body }) => type === 'R' && body[3] === 11)
  const proof = await scram
    .final(challenge?.body.subarray(4) ?? Buffer.alloc(0))
    .catch(() => Buffer.from('c=biws,r=x,p=x'))
  const final = finalResponse(proof)
  const finalBytes = mutate([final], given, 2)
  await visitor.say(finalBytes, given, knows ? 'Z' : 'E')
  visitor.send(mutate([QUERY, TERMINATE], given, 3), given)
  return startsWith(firstBytes, first) && startsWith(finalBytes, final)
}

function startsWith(bytes: Buffer, packet: Packet): boolean {
  const meant = encode(packet)
  return bytes.subarray(0, meant.length).equals(meant)
}

/** Looks at all that the proxy said. */
function judge(received: Buffer, { mayPass, given }: { mayPass: boolean; given: SessionCase }): void {
  // One byte answers each request for encryption; behind a yes there is TLS, which this client can't speak.
  const answers = /^[NS]{0,2}(?=[REv]|$)/.exec(received.toString('latin1'))?.[0] ?? ''
  if (answers.includes('S') || received[0] === 0x15) return
  const messages = messagesIn(received.subarray(answers.length))
  const said = messages.map(({ type }) => type).join('')
  assert.match(said, /^v?R*E?$|^v?R{4}S*K?N*Z/, 'the proxy keeps to the order of things')
  const isIn = messages.some(({ type, body }) => type === 'R' && body.readInt32BE(0) === 0)
  assert.ok(!isIn || mayPass, 'somebody came in without a token of the account')
  if (mayPass && isHonest(given)) assert.ok(isIn, `an honest client: ${said}`)
  for (const { type, body } of messages) {
    if (type !== 'E') continue
    const { C = '', D = '' } = fieldsOf(body)
    assert.ok(SQLSTATES.has(C) && C !== 'XX000', `refused with ${C}`)
    assert.match(D, /^Reference: [0-9A-Z-]+$/)
  }
}

function isHonest({ mutations, before }: SessionCase): boolean {
  return mutations.length === 0 && before.length === 0
}

/** The messages of an answer; none where it is no message, but the answer to a request for encryption, or TLS. */
function heardIn(answer: Buffer): Message[] {
  try {
    return messagesIn(answer)
  } catch {
    return []
  }
}

/** All messages that are whole; rejects what is none. */
function messagesIn(bytes: Buffer): Message[] {
  const reader = new PacketReader(bytes.length)
  reader.push(bytes)
  const messages: Message[] = []
  for (let next = reader.readMessage(100_000); next; next = reader.readMessage(100_000)) messages.push(next)
  return messages
}

/** A client that says its piece and waits a moment for the answer. */
class Visitor {
  readonly #socket: net.Socket
  readonly #received: Buffer[] = []
  readonly #closed: Promise<void>
  #wake: () => void = () => {}

  private constructor(socket: net.Socket) {
    this.#socket = socket
    this.#closed = new Promise(resolve => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.on('close', () => this.#wake())
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk)
      this.#wake()
    })
  }

  static async connect(port: number): Promise<Visitor> {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
    const visitor = new Visitor(socket)
    await soon('the proxy accepts', new Promise(resolve => socket.once('connect', resolve).once('close', resolve)))
    return visitor
  }

  get received(): Buffer {
    return Buffer.concat(this.#received)
  }

  send(bytes: Buffer, given: Hostility): void {
    for (const piece of pieces(bytes, given)) if (!this.#socket.destroyed) this.#socket.write(piece)
  }

  /** Sends the pieces of a turn; answers what came back up to a message of type `upTo`, or within a moment. */
  async say(bytes: Buffer, given: SessionCase, upTo: string): Promise<Buffer> {
    const before = this.#received.length
    this.send(bytes, given)
    const answer = () => Buffer.concat(this.#received.slice(before))
    // An honest client is answered; with mutations it may be waiting for nothing.
    const patience = isHonest(given) ? new Promise<'late'>(() => {}) : delay(PATIENCE_MS, 'late' as const)
    while (!this.#socket.destroyed && !heardIn(answer()).some(({ type }) => type === upTo)) {
      const heard = new Promise<'heard'>(resolve => (this.#wake = () => resolve('heard')))
      if ((await soon(`the proxy says ${upTo}`, Promise.race([heard, patience]))) === 'late') break
    }
    return answer()
  }

  /** Ends its side and waits for the proxy to end the other. */
  async leave(): Promise<void> {
    this.#socket.end()
    await soon('the proxy closes', this.#closed)
  }
}
