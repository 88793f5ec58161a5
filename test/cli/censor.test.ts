import t from 'tap'
import { censor, keyIdOf } from '../../src/cli/censor.js'

const token = `pstn_abcdefghijkl_${'s'.repeat(49)}`

void t.test('takes tokens out, and leaves their public id', async t => {
  t.equal(censor(`unknown option '${token}'`), "unknown option 'pstn_abcdefghijkl_[hidden]'")
  t.equal(censor(token.slice(0, 30)), 'pstn_abcdefghijkl_[hidden]')
})

void t.test('takes the passwords of URLs out, even of odd ones', async t => {
  t.equal(censor('postgres://me:hunter2@db/shop'), 'postgres://[hidden]@db/shop')
  t.equal(censor('postgres://me:hu/nt@er2@db/shop'), 'postgres://[hidden]@db/shop')
  t.equal(censor('postgres://db/shop?user=me&password=hunter2&sslmode=require'), 'postgres://db/shop?user=me&password=[hidden]&sslmode=require') // prettier-ignore
})

void t.test('leaves other text alone', async t => {
  t.equal(censor('no account robot at https://postern.example.com'), 'no account robot at https://postern.example.com')
})

void t.test('reads the id out of a token', async t => {
  t.equal(keyIdOf(token), 'abcdefghijkl')
  t.equal(keyIdOf('abcdefghijkl'), null)
})
