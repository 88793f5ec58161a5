import t from 'tap'
import { applicationName } from '../../src/auth/application-name.js'

void t.test('keeps what people can read', async t => {
  t.equal(applicationName('psql'), 'psql')
  t.equal(applicationName('Übersicht (täglich) 🐘'), 'Übersicht (täglich) 🐘')
})

void t.test('takes out what deceives in a list or can not be stored', async t => {
  t.equal(applicationName('a\0b\u001b[31mc\nd\u202ee\u2028f\ud800g'), 'ab[31mcdefg')
})

void t.test('cuts at 63 characters, and none of them in half', async t => {
  t.equal(applicationName('x'.repeat(10_000)), 'x'.repeat(63))
  t.equal(applicationName(`${'x'.repeat(62)}🐘🐘`), `${'x'.repeat(62)}🐘`)
})

void t.test('takes a token out before it cuts, also one that is put together by the cleaning', async t => {
  const token = `pstn_AAAAAAAAAAAA_${'s'.repeat(49)}`
  t.equal(applicationName(token), 'pstn_AAAAAAAAAAAA_[redacted]')
  t.equal(applicationName(`${'x'.repeat(40)} ${token}`), `${'x'.repeat(40)} pstn_AAAAAAAAAAAA_[red`)
  t.equal(applicationName(`ps\u200btn_AAAA\0AAAAAAAA_${'s'.repeat(49)}`), 'pstn_AAAAAAAAAAAA_[redacted]')
})

void t.test('of nothing visible is nothing left', async t => {
  for (const claimed of ['', '  ', '\0\n']) t.equal(applicationName(claimed), null)
})
