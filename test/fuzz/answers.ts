// Fuzzes what a database server says while somebody logs in to it: decoded alone, and to a whole login over loopback.

import assert from 'node:assert/strict'
import type net from 'node:net'
import fc from 'fast-check'
import { dial } from '../../src/upstream/dial.js'
import { logIn, type UpstreamSession } from '../../src/upstream/login.js'
import { SaltedPasswords } from '../../src/upstream/salted-passwords.js'
import { UpstreamError } from '../../src/upstream/upstream-error.js'
import { deriveKeys, saltPassword, type ScramKeys } from '../../src/scram/keys.js'
import { ScramServer } from '../../src/scram/server.js'
import * as backend from '../../src/wire/backend.js'
import { parseBackendMessage } from '../../src/wire/backend-decode.js'
import { parseSaslInitialResponse } from '../../src/wire/frontend.js'
import { MAX_BUFFERED_BYTES, MAX_LOGIN_MESSAGE_BYTES } from '../../src/wire/limits.js'
import { PacketReader } from '../../src/wire/packets.js'
import { WireError } from '../../src/wire/wire-error.js'
import { fakeServer } from '../upstream/fake-server.js'
import { bytesAllocated, counted } from '../wire/counting.js'
import { int32, messageOf } from '../wire/hostile.js'
import { hostility, mutate, packetOf, pieces, reads, type Hostility, type Packet } from './packets.js'
import { soon, type Suite } from './suite.js'

const authentication = (code: number, ...fields: string[]): Packet => ({
  type: 'R',
  fields: [int32(code).toString('latin1'), ...fields],
})
const OK = authentication(0)
const SASL = authentication(10, 'SCRAM-SHA-256\0', '\0')
const CLEARTEXT = authentication(3)
const MD5 = authentication(5, 'salt')
const ERROR: Packet = { type: 'E', fields: ['S', 'FATAL\0', 'C', '57P03\0', 'M', 'not now\0', '\0'] }
const NEGOTIATE: Packet = { type: 'v', fields: ['\0\x03\0\0', '\0\0\0\x01', '_pq_.x\0'] }
const WELCOME: readonly Packet[] = [
  { type: 'S', fields: ['server_version\0', '18.0\0'] },
  { type: 'S', fields: ['client_encoding\0', 'UTF8\0'] },
  { type: 'N', fields: ['S', 'NOTICE\0', 'C', '00000\0', 'M', 'hello\0', '\0'] },
  { type: 'K', fields: ['\0\0\x12\x34', 'abcd'] },
  { type: 'Z', fields: ['I'] },
]

export interface AnswerCase extends Hostility {
  readonly packets: readonly Packet[]
}

export const answerCases: fc.Arbitrary<AnswerCase> = fc
  .tuple(
    fc.array(fc.constantFrom(OK, SASL, CLEARTEXT, MD5, ERROR, NEGOTIATE, ...WELCOME), { maxLength: 8 }),
    hostility(),
  )
  .map(([packets, hostility]) => ({ packets, ...hostility }))

/** Decodes messages alone. */
export function tryAnswers(given: AnswerCase): void {
  const bytes = mutate(given.packets, given)
  const whole = decode(reads(bytes))
  assert.deepEqual(decode(pieces(bytes, given)), whole, 'it does not matter how the bytes arrive')
  const allocated = bytesAllocated(() => decode(pieces(bytes, given)))
  assert.ok(allocated <= 16 * bytes.length + 1_000, `${allocated} bytes of memory for ${bytes.length}`)
}

function decode(chunks: readonly Buffer[]): string[] {
  const seen: string[] = []
  const reader = new PacketReader()
  try {
    for (const chunk of chunks) {
      reader.push(chunk)
      for (
        let next = reader.readMessage(MAX_LOGIN_MESSAGE_BYTES);
        next;
        next = reader.readMessage(MAX_LOGIN_MESSAGE_BYTES)
      ) {
        const { body, work } = counted(next.body)
        const parsed = parseBackendMessage({ type: next.type, body })
        assert.ok(work() <= 20 * next.body.length + 200, `${work()} steps for ${next.body.length} bytes`)
        seen.push(
          JSON.stringify(parsed, (_, value: unknown) =>
            value instanceof Map ? [...(value as Map<string, string>)] : value,
          ),
        )
      }
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    seen.push(error.code)
  }
  return seen
}

export interface UpstreamCase extends Hostility {
  readonly asks: 'scram' | 'cleartext' | 'md5' | 'nothing'
  readonly negotiates: boolean
  /** Whether the server has the login's keys. */
  readonly knows: boolean
}

export const upstreamCases: fc.Arbitrary<UpstreamCase> = fc
  .tuple(
    fc.constantFrom<UpstreamCase['asks']>('scram', 'scram', 'scram', 'scram', 'cleartext', 'md5', 'nothing'),
    fc.boolean(),
    fc.constantFrom(true, false, false),
    hostility(3),
  )
  .map(([asks, negotiates, knows, hostility]) => ({ asks, negotiates, knows, ...hostility }))

/** How long a server waits for a client that may have nothing to say, before it closes. */
const PATIENCE_MS = 2

/** Makes the trial of whole logins: real ones, to a server on loopback. */
export async function upstreamTrial(t: Suite): Promise<(given: UpstreamCase) => Promise<void>> {
  const password = 'password of the login'
  const salt = Buffer.alloc(16, 7)
  const [known, other] = await Promise.all(
    [password, 'another one'].map(async password =>
      deriveKeys(await saltPassword({ password, salt, iterations: 4096 })),
    ),
  )
  if (!known || !other) throw new Error('no keys')
  const saltedPasswords = new SaltedPasswords()
  let play: (socket: net.Socket) => void = () => {}
  const { target, open } = await fakeServer(t, socket => play(socket))

  return async given => {
    const server = new Server(given, { salt, keys: given.knows ? known : other })
    play = socket => server.play(socket)
    const leg = await dial(target, { connectTimeoutMs: 30_000 })
    const login = logIn(leg, {
      user: 'login',
      password,
      dbname: 'shop',
      parameters: new Map(),
      minor: 2,
      saltedPasswords,
      limits: { timeoutMs: 30_000 },
    })
    const outcome = await soon(
      'the login is decided',
      login.catch((error: unknown) => error),
    )
    leg.destroy()
    if (outcome instanceof UpstreamError) {
      assert.ok(
        given.mutations.length > 0 || (given.asks === 'scram' && !given.knows),
        `an honest server: ${outcome.message}`,
      )
      assert.doesNotMatch(outcome.message, /password of the login|not now/)
    } else if (outcome instanceof Error) throw outcome
    else {
      checkSession(outcome as UpstreamSession)
      assert.ok(!server.sawProof || given.knows, 'a server that knows nothing of the password was believed')
    }
    assert.ok(leg.socket.bytesRead <= MAX_BUFFERED_BYTES + 131_072, `${leg.socket.bytesRead} bytes were read`)
    await soon(
      'nothing is left open',
      (async () => {
        while ((await open()) > 0) await new Promise(setImmediate)
      })(),
    )
  }
}

/** What a session is made of was checked, whatever came. */
function checkSession({ minor, backendKeyData, notices, transactionStatus }: UpstreamSession): void {
  assert.ok(minor === 0 || minor === 2)
  const keyBytes = backendKeyData?.secretKey.length ?? 4
  assert.ok(keyBytes >= 4 && keyBytes <= 256)
  assert.ok(notices.length <= 20)
  assert.match(transactionStatus, /^[ITE]$/)
}

interface Knowledge {
  readonly salt: Buffer
  readonly keys: ScramKeys
}

/** A server that goes by the book, but for the mutations. */
class Server {
  /** Whether the client proved itself by SCRAM: then the server has to as well. */
  sawProof = false
  readonly #case: UpstreamCase
  readonly #scram: ScramServer
  readonly #knows: Knowledge
  #turn = 0

  constructor(given: UpstreamCase, knows: Knowledge) {
    this.#case = given
    this.#knows = knows
    this.#scram = new ScramServer({ serverNonce: 'server-nonce', channelBinding: null })
  }

  play(socket: net.Socket): void {
    let timer: NodeJS.Timeout | undefined
    socket.on('close', () => clearTimeout(timer))
    socket.on('data', (chunk: Buffer) => {
      clearTimeout(timer)
      const bytes = mutate(this.#answer(chunk), this.#case, this.#turn++)
      for (const piece of pieces(bytes, this.#case)) socket.write(piece)
      timer = setTimeout(() => socket.end(), this.#case.mutations.length > 0 ? PATIENCE_MS : 5_000)
    })
  }

  #answer(chunk: Buffer): readonly Packet[] {
    const { asks, negotiates } = this.#case
    if (this.#turn === 0) {
      const request = { scram: [SASL], cleartext: [CLEARTEXT], md5: [MD5], nothing: [OK, ...WELCOME] }[asks]
      return negotiates ? [NEGOTIATE, ...request] : request
    }
    if (asks !== 'scram') return [OK, ...WELCOME]
    try {
      return this.#turn === 1 ? this.#challenge(chunk) : this.#judge(chunk)
    } catch {
      // The client answered something that was mutated.
      return [ERROR]
    }
  }

  #challenge(chunk: Buffer): Packet[] {
    const { mechanism, data } = parseSaslInitialResponse(messageOf(chunk).body)
    this.#scram.clientFirst(mechanism, data ?? Buffer.alloc(0))
    const challenge = this.#scram.serverFirst({ salt: this.#knows.salt, iterations: 4096 }).toString('latin1')
    return [authentication(11, ...challenge.split(/(?<=,)/))]
  }

  #judge(chunk: Buffer): Packet[] {
    this.sawProof = true
    const match = this.#scram.clientFinal(messageOf(chunk).body, [{ id: 'login', ...this.#knows.keys }])
    const signature = match?.serverFinal ?? Buffer.from(`v=${Buffer.alloc(32, 1).toString('base64')}`)
    return [packetOf(backend.authenticationSaslFinal(signature)), OK, ...WELCOME]
  }
}
