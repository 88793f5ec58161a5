// Whatever happens to an organization, every list and page of it can be read: as an admin, as a person, and with the key of
// a machine. POSTERN_SEED plays other histories.

import fc from 'fast-check'
import t from 'tap'
import { Dice, runSeed } from '../support/dice.js'
import { unconnectedApi } from '../support/api-document.js'
import { worlds } from './fixture.js'
import { ACT_NAMES, ACTS, LOSSES } from './history-acts.js'
import { DATABASES, History, MACHINES, PEOPLE } from './history.js'
import { getRoutesOf, nextPage, planReads, type Read } from './read-routes.js'

const makeWorld = await worlds(t)
const api = await unconnectedApi()
const routes = getRoutesOf(api)
await api.close()
const seed = runSeed(20_261_202)

const HISTORIES = 2
/** Reads at a time: more would only wait for the store. */
const AT_A_TIME = 4
const MAX_PAGES = 2

// What takes away comes more often: it leaves what no request could have made.
const anAct = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...LOSSES) },
  { weight: 3, arbitrary: fc.constantFrom(...ACT_NAMES) },
)
const aStep = fc.record({ act: anAct, seed: fc.nat() })
type Step = typeof aStep extends fc.Arbitrary<infer T> ? T : never

/** Every database removed, one after the other: this leaves pinned accounts without any. */
const ALL_REMOVED: readonly Step[] = DATABASES.map((_, index) => ({
  act: 'remove a database',
  seed: seedThatPicks(index, DATABASES.length),
}))

/** Who got a 200 on which route: `member GET /v1/me`. */
const answered = new Set<string>()

void t.test(
  `whatever happened, every GET route answers as documented: POSTERN_SEED=${seed}`,
  { timeout: 300_000 },
  async t => {
    const histories = fc.asyncProperty(fc.array(aStep, { minLength: 10, maxLength: 12, size: 'max' }), play)
    const run = { seed, numRuns: HISTORIES + 1, examples: [[[...ALL_REMOVED]]] as [Step[]][] }
    await t.resolves(fc.assert(histories, { ...run, endOnFailure: true, includeErrorInReport: true }))
  },
)

void t.test('no route was read in vain only, and not by admins only', t => {
  const isRead = (route: string) => [...answered].some(read => read.endsWith(` ${route}`))
  t.strictSame(
    routes.map(({ route }) => route).filter(route => !isRead(route)),
    [],
    'each was answered with 200',
  )
  for (const who of ['admin', 'member', 'machine']) t.ok(answered.has(`${who} /v1/databases`), who)
  t.end()
})

function seedThatPicks(index: number, of: number): number {
  let found = 0
  while (new Dice(found).below(of) !== index) found++
  return found
}

async function play(steps: readonly Step[]): Promise<void> {
  const handlers: (() => Promise<void>)[] = []
  const world = await makeWorld({ teardown: handler => void handlers.push(handler) })
  try {
    const history = await History.begin(world)
    await ACTS['use the proxy'](history, new Dice(seed))
    await readAll(history, new Dice(seed))
    for (const step of steps) {
      const dice = new Dice(step.seed)
      history.log.push(`--- ${step.act}`)
      await ACTS[step.act](history, dice)
      await readAll(history, dice)
    }
  } finally {
    for (const handler of handlers) await handler()
  }
}

/** Reads all as the admin who stays, as a person and as a machine whose keys work, if there are any. */
async function readAll(history: History, dice: Dice): Promise<void> {
  const { world, root } = history
  await readAs(history, root.token, dice, 30)
  for (const accounts of [PEOPLE, MACHINES]) {
    const token = await history.workingToken(accounts, dice)
    if (token !== null) await readAs(history, token, dice, 0)
  }
  if (world.logged.length > 0) throw new Error(`the API logged an error: ${JSON.stringify(world.logged)}`)
}

async function readAs(history: History, token: string, dice: Dice, percent: number): Promise<void> {
  const { account } = (await history.read('/v1/me', token)).json<Me>()
  const who = account.org_role ?? 'machine'
  const reads = planReads(routes, history.known, { dice, percent })
  const readOne = async (read: Read): Promise<void> => {
    let url: string | null = read.url
    for (let page = 0; url !== null && page < MAX_PAGES; page++) {
      const response = await history.read(url, token)
      if (response.statusCode !== 200) return
      answered.add(`${who} ${read.route}`)
      url = nextPage(read, response)
    }
  }
  const readers = Array.from({ length: AT_A_TIME }, async () => {
    for (let read = reads.pop(); read; read = reads.pop()) await readOne(read)
  })
  await Promise.all(readers)
}

interface Me {
  readonly account: { readonly org_role: 'admin' | 'member' | 'viewer' | null }
}
