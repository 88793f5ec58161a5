import t from 'tap'
import { makeWorld } from '../support/world.js'
import { RawClient, type Heard } from './raw-client.js'

void t.test('a client that is let in', async t => {
  const world = await makeWorld(t)
  const robot = await world.account()
  const { reader } = (await world.instance.knowledge.databases.get(world.database.id)).value?.logins ?? {}
  const dbname = new URL(world.direct).pathname.slice(1)

  /** What the database itself tells the same login, asked for the same. */
  const direct = async (minor: number, parameters: [string, string][] = []) => {
    const raw = await RawClient.connect(world.server.port)
    const heard = await raw.logIn(
      { name: reader?.user ?? '', token: reader?.password ?? '' },
      { minor, parameters: [['application_name', robot.name], ...parameters], database: dbname },
    )
    raw.close()
    return heard
  }
  const through = async (minor: number, parameters: [string, string][] = []) => {
    const raw = await RawClient.connect(world.port())
    const heard = await raw.logIn(robot, { minor, parameters })
    const [pid] = (await raw.ask('select pg_backend_pid()')).filter(({ type }) => type === 'D')
    raw.close()
    return { heard, pid: Number(pid?.body.toString('utf8', 6)) }
  }

  void t.test('is told what the database tells, in its order', async t => {
    for (const minor of [0, 2]) {
      const theirs = await direct(minor)
      const { heard, pid } = await through(minor)
      t.same(told(heard), told(theirs), `protocol 3.${minor}`)
      const key = heard.find(({ type }) => type === 'K')
      t.equal(key?.body.readInt32BE(0), pid, "BackendKeyData names the database's own process")
      t.equal(
        key?.body.length,
        theirs.find(({ type }) => type === 'K')?.body.length,
        'with a key as long as its version has',
      )
    }
  })

  void t.test('is told the settings that its own parameters made', async t => {
    const parameters: [string, string][] = [
      ['client_encoding', 'LATIN1'],
      ['TimeZone', 'Asia/Tokyo'],
      ['application_name', 'caf\xe9'],
    ]
    t.same(told((await through(0, parameters)).heard), told(await direct(0, parameters)))
  })

  void t.test('is told all of it at once, after AuthenticationOk and nothing else', async t => {
    const { heard } = await through(0)
    const types = heard.map(({ type }) => type).join('')
    t.match(types, /^R{4}S+KZ$/)
    t.same(heard.at(-1)?.body, Buffer.from('I'))
  })
})

/** What is told behind the proof, but for the cancel key. */
function told(heard: readonly Heard[]): string[] {
  return heard
    .filter(({ type }) => type === 'S' || type === 'Z' || type === 'N')
    .map(({ bytes }) => bytes.toString('latin1'))
}
