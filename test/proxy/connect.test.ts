import t from 'tap'
import { upstreamParameters } from '../../src/proxy/connect.js'
import { binary } from '../../src/wire/binary-string.js'
import { gateWorld } from '../support/gate.js'
import { makeWorld } from '../support/world.js'
import { makeWitness } from './observe.js'
import { RawClient, type Heard } from './raw-client.js'

type Given = Parameters<typeof upstreamParameters>
const principal = { account: { name: 'róbot' }, key: { id: 'K' } } as Given[1]
const grant = (announce: boolean) => ({ database: { announce } }) as Given[0]
const parametersFor = (announce: boolean, ...parameters: [string, string][]) => [
  ...upstreamParameters(grant(announce), principal, new Map(parameters)),
]

void t.test('the parameters for the database are the client’s own, in order, but for who and where', async t => {
  const own: [string, string][] = [
    ['user', 'róbot'],
    ['options', '-c geqo=off'],
    ['database', 'shop'],
    ['replication', 'false'],
    ['_pq_.x', '1'],
    ['DateStyle', 'ISO'],
    ['application_name', 'psql'],
  ]
  t.same(parametersFor(false, ...own), [own[1], own[5], own[6]])
})

void t.test('a client without an application name goes by its account', async t => {
  t.same(parametersFor(false), [['application_name', binary('róbot')]])
  t.same(parametersFor(false, ['application_name', '']), [['application_name', binary('róbot')]])
})

void t.test('account and key are announced, unless the database is a pooler that would not have it', async t => {
  const forged: [string, string][] = [
    ['postern.account', 'root'],
    ['POSTERN.Key', 'forged'],
    ['application_name', 'x'],
  ]
  t.same(parametersFor(true, ...forged), [
    ['application_name', 'x'],
    ['postern.account', binary('róbot')],
    ['postern.key', 'K'],
  ])
  t.same(parametersFor(false, ...forged), [['application_name', 'x']])
})

void t.test('at the database', async t => {
  const world = await makeWorld(t)
  const gate = await gateWorld(t, world)
  const witness = await makeWitness(t, world)

  void t.test('start-up parameters arrive byte for byte, whatever their encoding', async t => {
    const robot = await world.account()
    const raw = await RawClient.connect(world.port())
    const latin1 = Buffer.from('caf\xe9 \x80\xff', 'latin1')
    const before = gate.sent.length
    await raw.logIn(robot, {
      parameters: [
        ['client_encoding', 'LATIN1'],
        ['application_name', latin1.toString('latin1')],
        ['options', '-c search_path=a\\,b -c geqo=off'],
      ],
    })
    const sent = gate.sent[before] ?? Buffer.alloc(0)
    t.ok(sent.includes(Buffer.concat([Buffer.from('application_name\0'), latin1, Buffer.from('\0')])))
    t.equal(row(await raw.ask('show geqo')), 'off')
    t.equal(row(await raw.ask('show search_path')), 'a,b')
    t.equal(row(await raw.ask('show client_encoding')), 'LATIN1')
    raw.close()
  })

  void t.test('a session can tell who it is, and start-up parameters can not forge it', async t => {
    const robot = await world.account()
    const ways: [string, string][][] = [
      [
        ['postern.account', 'root'],
        ['postern.key', 'forged'],
      ],
      [['Postern.Account', 'root']],
      [['options', '-c postern.account=root --postern.key=forged']],
    ]
    for (const parameters of ways) {
      const raw = await RawClient.connect(world.port())
      await raw.logIn(robot, { parameters })
      t.equal(row(await raw.ask("select current_setting('postern.account')")), robot.name)
      t.equal(row(await raw.ask("select current_setting('postern.key')")), robot.keyId)
      raw.close()
    }
  })

  void t.test('the user there is the login of the role, whatever the client asks for', async t => {
    const robot = await world.account()
    const raw = await RawClient.connect(world.port())
    await raw
      .logIn(robot, {
        parameters: [
          ['role', 'none'],
          ['session_authorization', 'default'],
        ],
      })
      .catch(() => {})
    raw.close()
    for (const options of ['-c role=postgres', '-c session_authorization=postgres']) {
      const client = await RawClient.connect(world.port())
      await t.rejects(client.logIn(robot, { parameters: [['options', options]] }), {
        code: /^(42501|22023|42704|55P02)$/,
      })
      client.close()
    }
  })

  void t.test('an account’s name is its application name there', async t => {
    const robot = await world.account()
    const raw = await RawClient.connect(world.port())
    await raw.logIn(robot)
    t.equal((await witness.backends(robot.name)).length, 1)
    raw.close()
  })
})

function row(heard: readonly Heard[]): string | undefined {
  return heard.find(({ type }) => type === 'D')?.body.toString('utf8', 6)
}
