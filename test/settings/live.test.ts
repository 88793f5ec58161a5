import { randomBytes } from 'node:crypto'
import t from 'tap'
import { loadSettings, SettingsError } from '../../src/load-settings.js'
import { listSettings } from '../../src/settings.js'
import { live, LiveSettings } from '../../src/settings/live.js'

const secretKey = randomBytes(32).toString('base64')
const load = (env: Record<string, string> = {}) =>
  loadSettings({
    env: {
      POSTERN_STORE_URL: 'postgres://store.example/postern',
      POSTERN_SECRET_KEY: secretKey,
      POSTERN_LISTENERS: '[{tls: off}]',
      ...env,
    },
  })

void t.test('what can change does, in the object that everybody has; what can not is named', t => {
  const settings = new LiveSettings(load())
  const { limits, login, store } = settings.current
  const answer = settings.replace(
    load({ POSTERN_LIMITS_CONNECTIONS: '7', POSTERN_LOGIN_TIMEOUT: '3s', POSTERN_STORE_POOL_SIZE: '3' }),
  )
  t.same(answer, { changed: ['login.timeout', 'limits.connections'], waiting: ['store.pool_size'] })
  t.equal(limits.connections, 7)
  t.equal(login.timeoutMs, 3_000)
  t.equal(store.poolSize, 10)
  t.same(settings.replace(load({ POSTERN_LIMITS_CONNECTIONS: '7', POSTERN_LOGIN_TIMEOUT: '3s' })), {
    changed: [],
    waiting: [],
  })
  t.same(settings.replace(load()).changed, ['login.timeout', 'limits.connections'], 'left out: its default again')
  t.end()
})

void t.test('every setting has its place in the object, lists too', t => {
  const settings = new LiveSettings(load())
  const reloaded = listSettings().filter(({ schema }) => schema.reload)
  t.ok(reloaded.length > 10)
  t.ok(reloaded.every(({ schema }) => schema.secret !== true))
  const { waiting } = settings.replace(load({ POSTERN_LISTENERS: '[{tls: off, port: 1}]' }))
  t.same(waiting, ['listeners'])
  t.end()
})

void t.test('nothing changes when what may change does not go with what may not', t => {
  const settings = new LiveSettings(load({ POSTERN_REVOCATION_MAX_AGE: '60s' }))
  // Good as a whole, but the age holds from a restart on only.
  const next = load({ POSTERN_REVOCATION_REFRESH: '100s', POSTERN_LIMITS_CONNECTIONS: '7' })
  t.throws(() => settings.replace(next), SettingsError)
  t.match(settings.current, { revocation: { refreshMs: 15_000, maxAgeMs: 60_000 }, limits: { connections: 5_000 } })
  t.end()
})

void t.test('a live object has the values of the moment, also where it was passed on', t => {
  const settings = { connections: 1 }
  const limits = live(() => ({ most: settings.connections, name: 'fixed' }))
  const { most } = limits
  settings.connections = 2
  t.same([most, limits.most, limits.name, Object.keys(limits)], [1, 2, 'fixed', ['most', 'name']])
  t.end()
})
