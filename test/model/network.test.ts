import fc from 'fast-check'
import { BlockList, isIPv6 } from 'node:net'
import t from 'tap'
import { formatNetwork, isWithin, masked, networkOf, parseNetwork } from '../../src/model/network.js'

/** The network in its one form, or null. */
function wellFormed(text: string): string | null {
  const network = parseNetwork(text)
  return network && formatNetwork(masked(network))
}

void t.test('reads networks of both families, and addresses as networks of one', async t => {
  const cases: [text: string, form: string | null][] = [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0:0::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::/0', '::/0'],
    ['2001:db8::192.0.2.1/128', '2001:db8::c000:201/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['10.9.8.7/8', '10.0.0.0/8'],
    ['2001:db8:ffff::1/33', '2001:db8:8000::/33'],
  ]
  for (const [text, form] of cases) t.equal(wellFormed(text), form, text)
})

void t.test('reads nothing else', async t => {
  const others = [
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0/8',
    'localhost',
  ]
  for (const text of [...others, '::/129', '::ffff:10.0.0.0/95', 'fe80::%eth0/64', '010.0.0.0/8', ' 10.0.0.0/8'])
    t.equal(parseNetwork(text), null, text)
})

void t.test('an IPv4 address in the clothes of IPv6 is the IPv4 address', async t => {
  for (const address of ['::ffff:192.0.2.7', '::FFFF:c000:207', '0:0:0:0:0:ffff:192.0.2.7']) {
    t.ok(isWithin(address, ['192.0.2.0/24']), address)
    t.notOk(isWithin(address, ['::/0', '192.0.3.0/24']), address)
  }
  t.ok(isWithin('192.0.2.7', ['::ffff:192.0.2.0/120']))
})

void t.test('what is no address is in no network', async t => {
  for (const text of ['', 'unknown', '192.0.2', '192.0.2.7/32']) t.notOk(isWithin(text, ['0.0.0.0/0', '::/0']), text)
  t.notOk(isWithin('192.0.2.7', []))
  t.notOk(isWithin('192.0.2.7', ['nonsense']))
  t.ok(isWithin('fe80::1%eth0', ['fe80::/10']), 'the zone is of this machine, not of the address')
})

void t.test('agrees with the block list of Node, which is the judge', async () => {
  // Of one family: for Node an IPv4 address is in ::/0 too.
  const ipv6 = fc.ipV6().filter(address => parseNetwork(address)?.bits === 128)
  const pairs = fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(ipv6, ipv6))
  fc.assert(
    fc.property(pairs, fc.nat(128), ([one, other], wanted) => {
      const [bits, family] = isIPv6(one) ? ([wanted, 'ipv6'] as const) : ([Math.min(wanted, 32), 'ipv4'] as const)
      const list = new BlockList()
      list.addSubnet(one, bits, family)
      return [one, other].every(it => isWithin(it, [`${one}/${bits}`]) === list.check(it, family))
    }),
  )
})

void t.test('the form of a network is read as the same network', async () => {
  const networks = fc.oneof(fc.tuple(fc.ipV4(), fc.nat(32)), fc.tuple(fc.ipV6(), fc.nat(128)))
  fc.assert(
    fc.property(networks, ([address, bits]) => {
      const form = wellFormed(`${address}/${bits}`)
      return form === null || wellFormed(form) === form
    }),
  )
})

void t.test('neighbours are of one network, of whatever size that is', async t => {
  t.equal(networkOf('192.0.2.77'), '192.0.2.0/24')
  t.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  t.equal(networkOf('::ffff:192.0.2.77', { ipv4: 32, ipv6: 64 }), '192.0.2.77/32')
  t.equal(networkOf('2001:db8:1:2:3:4:5:6', { ipv4: 32, ipv6: 48 }), '2001:db8:1::/48')
  t.equal(networkOf('somewhere'), 'somewhere')
})
