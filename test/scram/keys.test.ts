import t from 'tap'
import {
  deriveKeys,
  joinAuthMessage,
  KEY_BYTES,
  makeProof,
  proofMatches,
  saltPassword,
  signAsServer,
} from '../../src/scram/keys.js'
import { RFC_7677 } from './fixture.js'

const authMessage = joinAuthMessage({
  clientFirstBare: RFC_7677.clientFirst.slice('n,,'.length),
  serverFirst: RFC_7677.serverFirst,
  finalWithoutProof: RFC_7677.clientFinal.split(',p=')[0] ?? '',
})
const rfcProof = Buffer.from(RFC_7677.clientFinal.split(',p=')[1] ?? '', 'base64')

void t.test('computes the proof and the signature of RFC 7677', async t => {
  const keys = deriveKeys(await saltPassword(RFC_7677))
  t.same(makeProof(keys, authMessage), rfcProof)
  t.equal(`v=${signAsServer(keys.serverKey, authMessage).toString('base64')}`, RFC_7677.serverFinal)
  t.equal(proofMatches(keys.storedKey, authMessage, rfcProof), true)
})

void t.test('sees every single bit of a proof', async t => {
  const { storedKey } = deriveKeys(await saltPassword(RFC_7677))
  const ignored = Array.from({ length: KEY_BYTES * 8 }, (_, bit) => bit).filter(bit => {
    const forged = Buffer.from(rfcProof)
    forged.writeUInt8(forged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    return proofMatches(storedKey, authMessage, forged)
  })
  t.same(ignored, [])
})

void t.test('derives the stored keys that another implementation derives', async t => {
  // Computed with Python's hashlib and hmac.
  const { storedKey, serverKey } = deriveKeys(await saltPassword(RFC_7677))
  t.equal(storedKey.toString('base64'), 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=')
  t.equal(serverKey.toString('base64'), 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=')
})

void t.test('salts passwords that SASLprep makes equal to the same', async t => {
  const { salt } = RFC_7677
  const plain = await saltPassword({ password: 'IX', salt, iterations: 1 })
  t.same(await saltPassword({ password: 'I\u00adX', salt, iterations: 1 }), plain)
  t.notSame(await saltPassword({ password: 'ix', salt, iterations: 1 }), plain)
})
