// Cases that are kept for good, and the seed of the short run: both are tried in every run of the tests. Each kept case
// found a defect, in Postern or in a Postern that was broken to see whether the fuzzer notices.

import type { AnswerCase, UpstreamCase } from './answers.js'
import type { OpeningCase } from './opening.js'
import type { ProofCase } from './proofs.js'
import type { SessionCase } from './session.js'

/** Any number; a fixed one, so that the short run is the same everywhere. */
export const SEED = 20_261_125

const STARTUP = { type: '', fields: ['\0\x03\0\0', 'user\0', 'robot\0', '\0'] }

/** As `npm run fuzz` prints them. */
export const KEPT = {
  opening: [
    // A length of less than itself moves the reader backwards, if nobody looks.
    { packets: [STARTUP], mutations: [{ turn: 0, packet: 0, op: 'length', value: -1 }], cuts: [1] },
  ] satisfies OpeningCase[],
  answers: [
    // A field behind the end of its message.
    {
      packets: [{ type: 'R', fields: ['\0\0\0\0'] }],
      mutations: [{ turn: 0, packet: 0, op: 'length', value: 4 }],
      cuts: [],
    },
  ] satisfies AnswerCase[],
  proofs: [{ way: 'scram', user: 'robot', knows: false, mutations: [], cuts: [] }] satisfies ProofCase[],
  upstream: [
    // A server that skips its own proof, and one that makes it up.
    {
      asks: 'scram',
      negotiates: false,
      knows: false,
      mutations: [{ turn: 2, packet: 0, op: 'drop' }],
      cuts: [],
    },
    { asks: 'scram', negotiates: false, knows: false, mutations: [], cuts: [] },
  ] satisfies UpstreamCase[],
  session: [
    // An error of the codec that nobody turned into a refusal; a start-up packet whose user is its database.
    { header: null, before: [], knows: false, mutations: [{ turn: 1, packet: 0, op: 'drop' }], cuts: [] },
    { header: null, before: [STARTUP], knows: false, mutations: [], cuts: [] },
  ] satisfies SessionCase[],
} as const
