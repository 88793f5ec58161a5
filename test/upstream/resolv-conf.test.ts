import t from 'tap'
import { expandName, parseSearchRules, readSearchRules } from '../../src/upstream/resolv-conf.js'

void t.test('reads search list and ndots as glibc does', async t => {
  t.same(parseSearchRules(''), { search: [], ndots: 1 })
  t.same(readSearchRules('/nowhere/resolv.conf'), { search: [], ndots: 1 })
  t.same(parseSearchRules('search a.test  b.test.\t.\n'), { search: ['a.test', 'b.test'], ndots: 1 })
  t.same(parseSearchRules('domain a.test b.test'), { search: ['a.test'], ndots: 1 })
  t.same(parseSearchRules('search a.test\ndomain b.test'), { search: ['b.test'], ndots: 1 }, 'the last line counts')
  t.same(parseSearchRules('# search a.test\n; search b.test'), { search: [], ndots: 1 })
  t.equal(parseSearchRules('options rotate ndots:5 timeout:1').ndots, 5)
  t.equal(parseSearchRules('options ndots:5\noptions edns0').ndots, 5)
  t.equal(parseSearchRules('options ndots:99').ndots, 15)
  t.equal(parseSearchRules('options ndots:x').ndots, 1)
  t.equal(parseSearchRules(`search ${'a '.repeat(1_000)}`).search.length, 32)
})

void t.test('expands a name that has too few dots before it asks for it as it is', async t => {
  const rules = { search: ['a.test', 'b.test'], ndots: 2 }
  t.same(expandName('db', rules), ['db.a.test', 'db.b.test', 'db'])
  t.same(expandName('db.x.y', rules), ['db.x.y', 'db.x.y.a.test', 'db.x.y.b.test'])
  t.same(expandName('db.', rules), ['db'])
})
