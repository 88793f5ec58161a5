// Fuzzes how a client proves itself, by SCRAM or with a password: what it says is mutated on its way to the authenticator.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ScramLogin } from '../../src/auth/scram-login.js'
import { Refusal } from '../../src/errors.js'
import { ScramClient } from '../../src/scram/client.js'
import {
  AUTHENTICATION_ANSWER,
  parsePassword,
  parseSaslInitialResponse,
  parseSaslResponse,
} from '../../src/wire/frontend.js'
import { MAX_AUTH_MESSAGE_BYTES, MAX_SASL_MESSAGE_BYTES } from '../../src/wire/limits.js'
import { PacketReader } from '../../src/wire/packets.js'
import { WireError } from '../../src/wire/wire-error.js'
import { FrontDesk, HOME } from '../auth/front-desk.js'
import { sampleAccount, sampleKey } from '../auth/sample.js'
import { int32 } from '../wire/hostile.js'
import { encode, hostility, mutate, pieces, type Hostility, type Packet } from './packets.js'

export interface ProofCase extends Hostility {
  readonly way: 'scram' | 'password'
  readonly user: 'robot' | 'nobody'
  /** Whether the client has the account's token. */
  readonly knows: boolean
}

export const proofCases: fc.Arbitrary<ProofCase> = fc
  .tuple(
    fc.constantFrom<ProofCase['way']>('scram', 'scram', 'scram', 'password'),
    fc.constantFrom<ProofCase['user']>('robot', 'robot', 'robot', 'nobody'),
    fc.boolean(),
    hostility(2),
  )
  .map(([way, user, knows, hostility]) => ({ way, user, knows, ...hostility }))

/** The client's answers, taken apart where their structure is. */
export function initialResponse(mechanism: string, data: Buffer): Packet {
  const attributes = data.toString('latin1').split(/(?<=,)/)
  return { type: 'p', fields: [`${mechanism}\0`, int32(data.length).toString('latin1'), ...attributes] }
}

export function finalResponse(data: Buffer): Packet {
  return { type: 'p', fields: data.toString('latin1').split(/(?<=,)/) }
}

/** Of the form of a token, and none. */
const NO_TOKEN = 'pstn_000000000000_0000000000000000000000000000000000000000000000000'

/** Makes the trial: one account with one key, at an authenticator without sockets. */
export async function proofTrial(): Promise<(given: ProofCase) => Promise<void>> {
  const key = await sampleKey()
  const desk = new FrontDesk([sampleAccount({ keys: [key.record] })])
  return async given => {
    const { way, user, knows } = given
    const token = knows ? key.token : NO_TOKEN
    const mayPass = knows && user === 'robot'
    const passed = await (way === 'scram' ? byScram(desk, token, given) : byPassword(desk, token, given))
    assert.ok(!passed || mayPass, 'somebody came in without a token of the account')
    if (mayPass && given.mutations.length === 0) assert.ok(passed, 'an honest client')
  }
}

async function byScram(desk: FrontDesk, token: string, given: ProofCase): Promise<boolean> {
  const login = desk.authenticator.scram({ name: given.user, address: HOME }, null)
  const client = new ScramClient({ clientNonce: 'client-nonce', password: token, channelBinding: null })
  const { mechanism, data } = client.first(login.mechanisms())
  const first = initialResponse(mechanism, data)
  const firstBytes = mutate([first], given, 0)
  const challenge = await refusable(() => takeFirst(login, read(firstBytes, given)))
  if (challenge === null) return false
  // An honest client may not even answer a challenge to what was made of its words.
  const proof = await client.final(challenge).catch(() => Buffer.from('c=biws,r=client-nonce,p=AAAA'))
  const final = finalResponse(proof)
  const finalBytes = mutate([final], given, 1)
  const passed = await refusable(async () => (await login.final(parseSaslResponse(read(finalBytes, given)))).principal)
  if (passed !== null) {
    for (const [sent, meant] of [
      [firstBytes, first],
      [finalBytes, final],
    ] as const) {
      assert.ok(sent.subarray(0, encode(meant).length).equals(encode(meant)), 'changed words were taken for proved')
    }
  }
  return passed !== null
}

async function takeFirst(login: ScramLogin, body: Buffer): Promise<Buffer> {
  const { mechanism, data } = parseSaslInitialResponse(body)
  return login.first(mechanism, data ?? Buffer.alloc(0))
}

async function byPassword(desk: FrontDesk, token: string, given: ProofCase): Promise<boolean> {
  const bytes = mutate([{ type: 'p', fields: [token, '\0'] }], given, 0)
  const passed = await refusable(() =>
    desk.password(given.user, parsePassword(read(bytes, given, MAX_AUTH_MESSAGE_BYTES)).toString('utf8')),
  )
  return passed !== null
}

/** Reads the first answer as the proxy does. */
function read(bytes: Buffer, given: Hostility, maxBytes = MAX_SASL_MESSAGE_BYTES): Buffer {
  const reader = new PacketReader()
  for (const piece of pieces(bytes, given)) {
    reader.push(piece)
    const message = reader.readMessage(maxBytes)
    if (!message) continue
    if (message.type !== AUTHENTICATION_ANSWER) throw new WireError('unexpected_message', 'not an answer')
    return message.body
  }
  throw new WireError('message_too_short', 'nothing more comes')
}

/** Null for a no of the kinds that there are. */
async function refusable<T>(step: () => Promise<T>): Promise<T | null> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof WireError) return null
    if (error instanceof Refusal && error.code !== 'internal_error') return null
    throw error
  }
}
