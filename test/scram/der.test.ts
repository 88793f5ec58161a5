import t from 'tap'
import { DerReader } from '../../src/scram/der.js'

function reader(hex: string): DerReader {
  return new DerReader(Buffer.from(hex, 'hex'))
}

void t.test('reads object identifiers of each root', async t => {
  t.equal(reader('06092a864886f70d01010b').readOid(), '1.2.840.113549.1.1.11')
  t.equal(reader('0609608648016503040201').readOid(), '2.16.840.1.101.3.4.2.1')
  t.equal(reader('06032b6570').readOid(), '1.3.101.112')
  t.equal(reader('06020903').readOid(), '0.9.3')
  t.equal(reader('0603883703').readOid(), '2.999.3')
})

void t.test('reads lengths of one, two, three and four bytes', async t => {
  for (const header of ['02', '8102', '820002', '83000002']) {
    t.equal(reader(`30${header}0600`).enter('sequence')?.nextIs('oid'), true, header)
  }
})

void t.test('refuses lengths without end, over 16 MB, or longer than what is there', async t => {
  for (const hex of [
    '30800600',
    '308400000002' + '0600',
    '30030600',
    '3081',
    '308200',
    '3083ffffff0600',
    '30ff',
    '30',
  ]) {
    t.equal(reader(hex).enter('sequence'), undefined, hex)
  }
})

void t.test('steps over one value to the next, and over none of another kind', async t => {
  t.equal(reader('3000300206010a').skip('sequence')?.nextIs('sequence'), true)
  t.equal(reader('0600').skip('sequence'), undefined)
  t.equal(reader('0600').readOid(), undefined)
  t.equal(reader('').nextIs('sequence'), false)
})
