import t from 'tap'
import * as tables from '../../src/scram/stringprep-tables.js'

function sizeOf(set: tables.CodePointSet): number {
  let size = 0
  for (let i = 0; i < set.length; i += 2) size += (set[i + 1] ?? 0) - (set[i] ?? 0) + 1
  return size
}

void t.test('has as many code points in each table as Python has in its module stringprep', async t => {
  t.equal(sizeOf(tables.nonAsciiSpace), 17)
  t.equal(sizeOf(tables.mappedToNothing), 27)
  t.equal(sizeOf(tables.prohibited), 139_813)
  t.equal(sizeOf(tables.unassigned), 879_309)
  t.equal(sizeOf(tables.randALCat), 1_044)
  t.equal(sizeOf(tables.lCat), 229_973)
})

void t.test('keeps ranges ascending and apart, as binary search needs them', async t => {
  const { nonAsciiSpace, mappedToNothing, prohibited, unassigned, randALCat, lCat } = tables
  for (const set of [nonAsciiSpace, mappedToNothing, prohibited, unassigned, randALCat, lCat]) {
    const odd = set.findIndex((codePoint, i) => i > 0 && codePoint < (set[i - 1] ?? 0) + (i % 2 === 0 ? 2 : 0))
    t.equal(odd, -1)
  }
})

void t.test('finds both ends of every range and nothing beside them', async t => {
  const set = tables.unassigned
  const isRight = (codePoint: number, i: number) =>
    tables.contains(set, codePoint) && !tables.contains(set, i % 2 === 0 ? codePoint - 1 : codePoint + 1)
  t.ok(set.every(isRight))
  t.equal(tables.contains(set, 0), false)
  t.equal(tables.contains(set, 0x10ffff), false)
})
