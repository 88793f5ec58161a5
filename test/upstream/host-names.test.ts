// Name look-ups against a real name server on loopback, by files of the test's own: the machine's are not touched.

import { stat } from 'node:fs/promises'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { HostNames, type HostNamesOptions } from '../../src/upstream/host-names.js'
import { UpstreamError } from '../../src/upstream/upstream-error.js'
import { startNameServer, type Host, type NameServer } from './name-server.js'

const NEVER = new AbortController().signal

interface Setting {
  readonly names: HostNames
  readonly server: NameServer
  /** Puts the clock forward. */
  readonly skip: (ms: number) => void
  /** Writes the hosts file. */
  readonly writeHosts: (text: string) => void
  readonly writeResolvConf: (text: string) => void
  readonly addressesOf: (host: string, signal?: AbortSignal) => Promise<readonly string[]>
  readonly failureOf: (host: string) => Promise<UpstreamError>
}

async function makeNames(t: Test, hosts: Record<string, Host> = {}, options: HostNamesOptions = {}): Promise<Setting> {
  const server = await startNameServer(t, hosts)
  const dir = t.testdir({ hosts: '', 'resolv.conf': '' })
  let now = 1_000_000
  const names = new HostNames({
    hostsFile: join(dir, 'hosts'),
    resolvConf: join(dir, 'resolv.conf'),
    nameServers: [server.address],
    now: () => now,
    lookup: () => Promise.reject(Object.assign(new Error('not there'), { code: 'ENOTFOUND' })),
    ...options,
  })
  const addressesOf = async (host: string, signal = NEVER) => names.addressesOf(host, signal)
  return {
    names,
    server,
    skip: ms => void (now += ms),
    writeHosts: text => writeFileSync(join(dir, 'hosts'), text),
    writeResolvConf: text => writeFileSync(join(dir, 'resolv.conf'), text),
    addressesOf,
    failureOf: host =>
      addressesOf(host).then(
        found => Promise.reject(new Error(`found ${found.join()}`)),
        (error: unknown) => error as UpstreamError,
      ),
  }
}

void t.test('addresses need no look-up', async t => {
  const { names, server } = await makeNames(t)
  for (const address of ['192.0.2.1', '::1', 'fe80::1%eth0']) {
    t.same(names.addressesOf(address, NEVER), [address], 'and no promise')
  }
  t.same(server.asked, [])
})

void t.test('a name is looked up once for all that wait for it', async t => {
  const { server, addressesOf } = await makeNames(t, { 'db.test': { v4: ['192.0.2.1', '192.0.2.2'] } })
  const found = await Promise.all(Array.from({ length: 6 }, () => addressesOf('DB.test')))
  for (const addresses of found) t.same(addresses, ['192.0.2.1', '192.0.2.2'], 'in the name server’s order')
  t.same(server.asked.sort(), ['A db.test', 'AAAA db.test'])
})

void t.test('both families are found, each in the name server’s order', async t => {
  const { addressesOf } = await makeNames(t, {
    'both.test': { v4: ['192.0.2.1'], v6: ['2001:db8:0:0:0:0:0:1', '2001:db8:0:0:0:0:0:2'] },
    'six.test': { v6: ['2001:db8:0:0:0:0:0:3'] },
  })
  const both = await addressesOf('both.test')
  t.same([...both].sort(), ['192.0.2.1', '2001:db8::1', '2001:db8::2'])
  t.same(
    both.filter(address => address.includes(':')),
    ['2001:db8::1', '2001:db8::2'],
  )
  t.same(await addressesOf('six.test'), ['2001:db8::3'])
})

void t.test('a name server that never answers for IPv6 costs no time-out', async t => {
  const { addressesOf } = await makeNames(t, { 'db.test': { v4: ['192.0.2.1'], isSilentOnV6: true } })
  t.same(await addressesOf('db.test'), ['192.0.2.1'])
})

void t.test('a known address is given at once, and renewed in the background when its TTL is over', async t => {
  const { names, server, skip, addressesOf } = await makeNames(t, { 'db.test': { v4: ['192.0.2.1'], ttl: 10 } })
  await addressesOf('db.test')
  server.hosts = { 'db.test': { v4: ['192.0.2.2'], ttl: 10 } }
  skip(9_999)
  t.same(names.addressesOf('db.test', NEVER), ['192.0.2.1'], 'fresh')
  t.equal(server.asked.length, 2, 'nobody was asked')
  skip(1)
  t.same(names.addressesOf('db.test', NEVER), ['192.0.2.1'], 'stale, but at once')
  await names.lookUpAgain('db.test', NEVER)
  t.same(names.addressesOf('db.test', NEVER), ['192.0.2.2'], 'renewed')
  t.equal(server.asked.length, 4)
})

void t.test('an address is not used long after its TTL', async t => {
  const { names, server, skip, addressesOf } = await makeNames(t, { 'db.test': { v4: ['192.0.2.1'], ttl: 10 } })
  await addressesOf('db.test')
  server.hosts = { 'db.test': { v4: ['192.0.2.2'] } }
  skip(10_000 + 30_000)
  const waits = names.addressesOf('db.test', NEVER)
  t.ok(waits instanceof Promise)
  t.same(await waits, ['192.0.2.2'])
})

void t.test('a TTL of 0 counts as one second, and one of a week as a minute', async t => {
  const { server, skip, addressesOf } = await makeNames(t, {
    'zero.test': { v4: ['192.0.2.1'], ttl: 0 },
    'week.test': { v4: ['192.0.2.1'], ttl: 604_800 },
  })
  await addressesOf('zero.test')
  await addressesOf('week.test')
  const asked = (name: string) => server.asked.filter(question => question === `A ${name}`).length
  skip(999)
  await addressesOf('zero.test')
  t.equal(asked('zero.test'), 1)
  skip(31_000)
  await addressesOf('zero.test')
  t.equal(asked('zero.test'), 2)
  skip(28_000)
  await addressesOf('week.test')
  t.equal(asked('week.test'), 1)
  skip(31_000)
  await addressesOf('week.test')
  t.equal(asked('week.test'), 2)
})

void t.test('a name server that fails does not take away what is known', async t => {
  const { names, server, skip, addressesOf } = await makeNames(t, { 'db.test': { v4: ['192.0.2.1'], ttl: 10 } })
  await addressesOf('db.test')
  server.hosts = { 'db.test': { fault: 'SERVFAIL' } }
  skip(60_000)
  t.same(await addressesOf('db.test'), ['192.0.2.1'])
  t.same(names.addressesOf('db.test', NEVER), ['192.0.2.1'], 'and the next one does not wait')
  server.hosts = {}
  skip(60_000)
  await t.rejects(addressesOf('db.test'), { message: 'upstream name look-up of db.test: no such host' })
})

void t.test('a name that does not exist is said to be so, and asked for again after a second', async t => {
  const { server, skip, failureOf, addressesOf } = await makeNames(t)
  const error = await failureOf('nowhere.test')
  t.equal(error.kind, 'unreachable')
  t.equal(error.message, 'upstream name look-up of nowhere.test: no such host')
  server.hosts = { 'nowhere.test': { v4: ['192.0.2.1'] } }
  await failureOf('nowhere.test')
  t.equal(server.asked.length, 2, 'within the second nobody is asked')
  skip(1_001)
  t.same(await addressesOf('nowhere.test'), ['192.0.2.1'])
})

void t.test('a silent name server is a time-out, holds no thread and keeps no other name waiting', async t => {
  const systemAsked: string[] = []
  const lookup = async (host: string) => (systemAsked.push(host), [])
  const hosts: Record<string, Host> = { 'ok.test': { v4: ['192.0.2.1'] } }
  for (let n = 0; n < 6; n++) hosts[`silent-${n}.test`] = { fault: 'silent' }
  const { addressesOf, failureOf } = await makeNames(t, hosts, { timeoutMs: 1_500, lookup })
  let failed = 0
  const failures = Array.from({ length: 6 }, (_, n) => failureOf(`silent-${n}.test`).finally(() => failed++))
  t.same(await addressesOf('ok.test'), ['192.0.2.1'])
  await stat('.')
  t.equal(failed, 0, 'the others still wait')
  for (const error of await Promise.all(failures)) {
    t.equal(error.kind, 'timeout')
    t.match(error.message, /^upstream name look-up of silent-\d\.test: the name server did not answer within 1\.5 s$/)
  }
  t.same(systemAsked, [], 'the system would ask the same name server')
})

void t.test('one that gives up does not end the look-up for the others', async t => {
  const { server, addressesOf } = await makeNames(t, { 'db.test': { fault: 'silent' } })
  const login = new AbortController()
  const [first, second] = [addressesOf('db.test', login.signal), addressesOf('db.test')]
  login.abort(new Error('the client went away'))
  await t.rejects(first, { message: 'the client went away' })
  server.hosts = { 'db.test': { v4: ['192.0.2.1'] } }
  t.same(await second, ['192.0.2.1'], 'c-ares asks again after a second')
})

void t.test('the hosts file counts before the name servers, and is read again when it changes', async t => {
  const { server, skip, writeHosts, addressesOf } = await makeNames(t, { 'db.test': { v4: ['192.0.2.9'] } })
  writeHosts(
    '# comment\n192.0.2.1 db.test alias # 192.0.2.7 other.test\n\n192.0.2.2\tDB.TEST\n::1 six.test\nnonsense db.test\n',
  )
  t.same(await addressesOf('db.test'), ['192.0.2.1', '192.0.2.2'])
  t.same(await addressesOf('alias.'), ['192.0.2.1'])
  t.same(await addressesOf('six.test'), ['::1'])
  t.same(server.asked, [])
  writeHosts('192.0.2.3 db.test\n')
  skip(60_000)
  t.same(await addressesOf('db.test'), ['192.0.2.3'])
  writeHosts('')
  skip(60_000)
  t.same(await addressesOf('db.test'), ['192.0.2.9'])
})

void t.test('localhost names never reach a name server', async t => {
  const { server, addressesOf } = await makeNames(t, { localhost: { v4: ['192.0.2.1'] } })
  for (const name of ['localhost', 'LOCALHOST.', 'db.localhost']) {
    t.same(await addressesOf(name), ['127.0.0.1', '::1'], name)
  }
  t.same(server.asked, [])
})

void t.test('a short name is expanded by the search list, as in Kubernetes', async t => {
  const { server, writeResolvConf, addressesOf, failureOf } = await makeNames(t, {
    'postgres.db.svc.cluster.local': { v4: ['10.1.0.1'] },
    'db.example.com': { v4: ['192.0.2.1'] },
  })
  writeResolvConf(
    'nameserver 10.0.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n',
  )
  t.same(await addressesOf('postgres.db'), ['10.1.0.1'])
  t.same(
    server.asked.filter(question => question.startsWith('A ')),
    ['A postgres.db.shop.svc.cluster.local', 'A postgres.db.svc.cluster.local'],
  )
  server.asked.length = 0
  t.same(await addressesOf('db.example.com'), ['192.0.2.1'], 'a whole name comes last')
  t.equal(server.asked.filter(question => question.startsWith('A ')).length, 4)
  server.asked.length = 0
  t.same(await addressesOf('db.example.com.'), ['192.0.2.1'])
  t.same(server.asked.sort(), ['A db.example.com', 'AAAA db.example.com'], 'a trailing dot ends the search')
  t.equal((await failureOf('nowhere')).message, 'upstream name look-up of nowhere: no such host')
})

void t.test('the next name server is asked when one fails or refuses', async t => {
  for (const fault of ['SERVFAIL', 'REFUSED'] as const) {
    const broken = await startNameServer(t, { 'db.test': { fault } })
    const sound = await startNameServer(t, { 'db.test': { v4: ['192.0.2.1'] } })
    const { addressesOf } = await makeNames(t, {}, { nameServers: [broken.address, sound.address] })
    t.same(await addressesOf('db.test'), ['192.0.2.1'], fault)
    const alone = await makeNames(t, {}, { nameServers: [broken.address] })
    const error = await alone.failureOf('db.test')
    t.match(error, { kind: 'unreachable', message: new RegExp(`the name server failed \\(E${fault}\\)`) })
  }
})

void t.test('what only the system knows is found by getaddrinfo', async t => {
  const { server } = await makeNames(t)
  const dir = t.testdir({ empty: '' })
  const empty = join(dir, 'empty')
  const names = new HostNames({ hostsFile: empty, resolvConf: empty, nameServers: [server.address] })
  // A number in the old form, which inet_aton(3) reads and no name server knows.
  t.same(await names.addressesOf('127.1', NEVER), ['127.0.0.1'])
  t.ok(server.asked.includes('A 127.1'))
})

void t.test('the system is asked for one name at a time, over the whole process', async t => {
  let running = 0
  let most = 0
  const begun: string[] = []
  const ends: (() => void)[] = []
  const lookup = async (host: string) => {
    begun.push(host)
    most = Math.max(most, ++running)
    await new Promise<void>(resolve => ends.push(resolve))
    running--
    return ['192.0.2.1']
  }
  const [one, other] = [await makeNames(t, {}, { lookup }), await makeNames(t, {}, { lookup })]
  const found = [one.addressesOf('a'), one.addressesOf('b'), other.addressesOf('c')]
  for (let n = 0; n < 3; n++) {
    while (ends.length === 0) await new Promise(resolve => setImmediate(resolve))
    ends.shift()?.()
  }
  for (const addresses of await Promise.all(found)) t.same(addresses, ['192.0.2.1'])
  t.same(begun.sort(), ['a', 'b', 'c'])
  t.equal(most, 1)
})

void t.test('where no name server listens the system is asked', async t => {
  const lookup = async () => ['192.0.2.1']
  const nameServers = ['127.0.0.1:1']
  const { addressesOf } = await makeNames(t, {}, { nameServers, lookup })
  t.same(await addressesOf('db.test'), ['192.0.2.1'])
  const { failureOf } = await makeNames(t, {}, { nameServers })
  t.match(await failureOf('db.test'), { kind: 'unreachable', message: /no name server listens/ })
})
