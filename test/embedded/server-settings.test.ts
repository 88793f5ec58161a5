import t from 'tap'
import { settingsArguments, socketDirFor } from '../../src/embedded/server-settings.js'

void t.test('the Unix socket is in the data directory, unless its path is too long or would need quoting', async t => {
  t.equal(socketDirFor('/var/lib/data'), '/var/lib/data')
  const longest = `/${'a'.repeat(103 - 1 - '/.s.PGSQL.65535'.length)}`
  t.equal(socketDirFor(longest), longest)
  t.equal(socketDirFor(`${longest}a`), null)
  t.equal(socketDirFor('/home/a, b'), null)
  t.ok(settingsArguments({ cluster: `${longest}a`, port: 1, durable: true }).includes('unix_socket_directories='))
})

void t.test('data is safe from a crash unless a test says otherwise', async t => {
  const settings = (durable: boolean) => settingsArguments({ cluster: '/d', port: 1, durable }).join(' ')
  t.match(settings(true), /fsync=on/)
  t.notMatch(settings(true), /synchronous_commit=off/)
  t.match(settings(false), /fsync=off.*synchronous_commit=off/)
})
