import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadSettings, SettingsError } from '../src/load-settings.js'
import type { SettingProblem } from '../src/load-settings.js'
import type { Settings } from '../src/settings.js'

const KEY = Buffer.alloc(32, 7).toString('base64')
const URL = 'postgres://postern:hunter2@db.example/postern'
const FILE = join(t.testdir({}), 'postern.yaml')
const REQUIRED = { POSTERN_STORE_URL: URL, POSTERN_SECRET_KEY: KEY }

void t.test('fills in every default, with durations in milliseconds', async t => {
  const settings = load('')
  t.equal(settings.store.url, URL)
  t.equal(settings.secretKey, KEY)
  t.same(settings.login, {
    timeoutMs: 15_000,
    startupTimeoutMs: 5_000,
    challengeTimeoutMs: 10_000,
    maxInFlight: 500,
    argon2Concurrency: 2,
    argon2Queue: 200,
  })
  t.same(settings.revocation, { refreshMs: 15_000, heartbeatMs: 10_000, maxAgeMs: 300_000, whenStale: 'end-sessions' })
  t.same(settings.listeners, [
    {
      host: '0.0.0.0',
      port: 6432,
      auth: 'scram',
      tls: 'require',
      certificateFile: '/etc/postern/tls/tls.crt',
      privateKeyFile: '/etc/postern/tls/tls.key',
      tlsMinVersion: 'TLSv1.2',
      clientCaFile: null,
      trustedProxies: [],
    },
  ])
})

void t.test('takes addresses and CIDR blocks as trusted proxies, and nothing else', async t => {
  const listener = (network: string) => `listeners: [{ tls: 'off', trusted_proxies: ['${network}'] }]`
  for (const network of ['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8']) t.ok(load(listener(network)))
  for (const network of ['10.0.0', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/8/8', '10.0.0.0/', 'balancer.example']) {
    const [problem, ...more] = problemsOf(listener(network))
    t.match(problem, { setting: 'listeners[0].trusted_proxies', given: network, hint: /CIDR/ }, network)
    t.strictSame(more, [])
  }
})

void t.test('reads durations with a unit, and takes a number alone for seconds', async t => {
  const written: [string, number][] = [
    ['500ms', 500],
    ['2s', 2_000],
    ['1.5s', 1_500],
    ['1m', 60_000],
    ['45', 45_000],
    ['"45"', 45_000],
  ]
  t.equal(load('console: { max_age: 2d }').console.maxAgeMs, 172_800_000)
  for (const [text, ms] of written) t.equal(load(`login: { timeout: ${text} }`).login.timeoutMs, ms, text)
  for (const text of ['soon', '5 s', '-1s', '5w', '1e3', '""', '.inf', '.nan', 'true', '[5s]']) {
    t.match(problemsOf(`login: { timeout: ${text} }`), [{ setting: 'login.timeout', hint: /^a duration/ }], text)
  }
})

void t.test('lets the environment win over the file, and ignores empty variables', async t => {
  const env = { POSTERN_REVOCATION_MAX_AGE: '60s', POSTERN_LOGIN_MAX_IN_FLIGHT: '7', POSTERN_LOG_LEVEL: '' }
  const settings = load('{ revocation: { max_age: 120s }, log: { level: debug } }', env)
  t.equal(settings.revocation.maxAgeMs, 60_000)
  t.equal(settings.login.maxInFlight, 7)
  t.equal(settings.log.level, 'debug')
})

void t.test('reads lists from the environment as YAML', async t => {
  const settings = load('', {
    POSTERN_LISTENERS: '[{host: 127.0.0.1, port: 1, tls: off}, {host: "::1", port: 2, tls: off, auth: password}]',
    POSTERN_RETIRED_SECRET_KEYS: `["${KEY}"]`,
  })
  t.match(settings.listeners, [
    { host: '127.0.0.1', port: 1, auth: 'scram', certificateFile: null },
    { port: 2, auth: 'password' },
  ])
  t.same(settings.retiredSecretKeys, [KEY])
  t.match(problemsOf('', { POSTERN_LISTENERS: '[{' }), [{ setting: /^POSTERN_LISTENERS, line 1/ }])
})

void t.test('tells all mistakes at once', async t => {
  const problems = problemsOf(
    `{ login: { timeout: soon, max_in_flight: 0 }, log: { level: loud }, cache: 5, listeners: [{ tls: maybe }, 6],
       revocation: { refresh: 100s, max_age: 60s }, api: { certificate_file: /c }, metrics: { port: 70000 } }`,
    { POSTERN_STORE_POOL_SIZE: 'many' },
  )
  t.same(problems.map(({ setting, given }) => `${setting} ${given}`).sort(), [
    'api.private_key_file nothing',
    'cache 5',
    'listeners[0].tls maybe',
    'listeners[1] 6',
    'log.level loud',
    'login.max_in_flight 0',
    'login.timeout soon',
    'metrics.port 70000',
    'revocation.refresh 100s',
    'store.pool_size (POSTERN_STORE_POOL_SIZE) many',
  ])
  for (const { hint } of problems) t.ok(hint.length > 10, hint)
})

void t.test('puts every problem on a line of the message', async t => {
  const error = errorOf('{ log: { level: loud }, metrics: { port: x } }')
  t.match(
    error.message,
    /^the settings have 2 problem\(s\):\n {2}metrics\.port: given x; .*\n {2}log\.level: given loud; one of/,
  )
})

void t.test('asks for what is required', async t => {
  const problems = errorFrom(() => loadSettings({ env: {} })).problems
  t.match(problems, [
    { setting: 'store.url', given: 'nothing', hint: /required/ },
    { setting: 'secret_key', given: 'nothing', hint: /openssl rand -base64 32/ },
  ])
  t.equal(problems.length, 2)
})

void t.test('refuses unknown settings, and guesses what was meant', async t => {
  t.match(problemsOf('{ revocaton: {}, login: { time_out: 5s, colour: red } }', { POSTERN_LOGIN_TIMOUT: '5s' }), [
    { setting: 'POSTERN_LOGIN_TIMOUT', hint: 'did you mean POSTERN_LOGIN_TIMEOUT?' },
    { setting: 'revocaton', hint: /did you mean revocation\?/ },
    { setting: 'login.time_out', hint: /did you mean timeout\?/ },
    { setting: 'login.colour', hint: /known here: timeout, startup_timeout/ },
  ])
  t.match(problemsOf('{ __proto__: { a: 1 }, constructor: 1 }'), [{ setting: '__proto__' }, { setting: 'constructor' }])
})

void t.test('leaves alone the variables of clients and those that Kubernetes makes for a Service', async t => {
  const settings = load('', {
    POSTERN_API_KEY: 'x',
    POSTERN_API_URL: 'http://localhost',
    POSTERN_SERVICE_HOST: '10.0.0.1',
    POSTERN_SERVICE_PORT_POSTGRES: '6432',
    POSTERN_PORT: 'tcp://10.0.0.1:6432',
    POSTERN_PORT_6432_TCP_ADDR: '10.0.0.1',
    POSTERN_API_PORT: 'tcp://10.0.0.1:8080',
  })
  t.equal(settings.api.port, 8080)
})

void t.test('shows no secret, however it was written', async t => {
  const secret = 'hunter2'
  const files = [
    `store: { url: "mysql://x:${secret}@h/d" }`,
    `store: "postgres://x:${secret}@h/d"`,
    `store: [ "${secret}" ]`,
    `secret_key: ${secret}`,
    `secret_kye: ${secret}`,
    `retired_secret_keys: [${secret}]`,
    `retired_secret_keys: "${'x'.repeat(70)}${secret}"`,
    `store:\n  url: "${secret}`,
    `secret_key: ${secret}\nsecret_key: ${secret}`,
    `api: { host: "http://x:${secret}@h" , port: "http://x:${secret}@h" }`,
  ]
  for (const file of files) {
    const error = errorOf(file, { POSTERN_SECRET_KYE: secret })
    t.notMatch(error.message + JSON.stringify(error.problems) + String(error.stack), secret, file)
  }
})

void t.test('takes a secret key of exactly 32 bytes', async t => {
  for (const bytes of [0, 16, 31, 33, 64]) {
    const key = Buffer.alloc(bytes, 1).toString('base64')
    t.match(problemsOf(`retired_secret_keys: ["${key}"]`), [
      { setting: 'retired_secret_keys[0]', given: '(not shown)' },
    ])
  }
  t.same(load(`retired_secret_keys: ["${KEY}"]`).retiredSecretKeys, [KEY])
})

void t.test('refuses a revocation list older than five minutes, and says why', async t => {
  t.equal(load('revocation: { max_age: 5m }').revocation.maxAgeMs, 300_000)
  t.match(problemsOf('revocation: { max_age: 301s }'), [
    { setting: 'revocation.max_age', given: '301s', hint: /2s to 5m: a revoked key has to stop within five minutes/ },
  ])
})

void t.test('refuses a refresh of more than half of the greatest age', async t => {
  t.equal(load('revocation: { refresh: 30s, max_age: 60s }').revocation.refreshMs, 30_000)
  t.match(problemsOf('revocation: { refresh: 31s, max_age: 60s }'), [{ setting: 'revocation.refresh', given: '31s' }])
})

void t.test('refuses tokens in clear on a network', async t => {
  const files = 'certificate_file: /c, private_key_file: /k'
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) {
    load(`listeners: [{ host: "${host}", auth: password, tls: off }]`)
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'localhost.example']) {
    load(`listeners: [{ host: "${host}", auth: scram, tls: off }]`)
    load(`listeners: [{ host: "${host}", auth: password, tls: require, ${files} }]`)
    for (const tls of ['off', 'allow']) {
      const problems = problemsOf(`listeners: [{ host: "${host}", auth: password, tls: ${tls}, ${files} }]`)
      t.match(problems, [{ setting: 'listeners[0].auth', hint: /in clear/ }], `${host} ${tls}`)
    }
  }
})

void t.test('asks for certificate and key wherever TLS is on', async t => {
  for (const tls of ['require', 'allow']) {
    t.match(problemsOf(`listeners: [{ tls: ${tls} }]`), [{ setting: 'listeners[0].tls', hint: /certificate_file and/ }])
    const half = problemsOf(`listeners: [{ tls: ${tls}, private_key_file: /k }]`)
    t.match(half, [{ setting: 'listeners[0].certificate_file', hint: /private_key_file is given/ }])
  }
})

void t.test('asks for client certificates only where no login goes without TLS', t => {
  const files = 'certificate_file: /c, private_key_file: /k, client_ca_file: /ca'
  t.equal(load(`listeners: [{ tls: require, ${files} }]`).listeners[0]?.clientCaFile, '/ca')
  const problems = problemsOf(`listeners: [{ tls: allow, ${files} }]`)
  t.match(problems, [{ setting: 'listeners[0].client_ca_file', hint: /shows no certificate/ }])
  t.end()
})

void t.test('refuses two listeners at one place, but for free ports', async t => {
  const listeners = (port: number): string =>
    `listeners: [{ tls: off, port: ${String(port)} }, { tls: off, port: ${String(port)} }]`
  t.match(problemsOf(listeners(5)), [{ setting: 'listeners[1].port', given: '5' }])
  t.equal(load(listeners(0)).listeners.length, 2)
  t.match(problemsOf('listeners: []'), [{ setting: 'listeners', hint: /1 to 16/ }])
})

void t.test('takes a section without content for one of defaults', async t => {
  t.equal(load('login:\nlog:\n  level:\n').log.level, 'info')
  t.equal(load('{ api: { public_proxy_port: null } }').api.publicProxyPort, null)
})

void t.test('refuses a file that is missing, is no YAML or holds no settings', async t => {
  const missing = errorFrom(() => loadSettings({ file: '/nowhere/postern.yaml', env: REQUIRED }))
  t.match(missing.problems, [{ setting: 'the file', given: '/nowhere/postern.yaml', hint: /ENOENT/ }])
  t.match(problemsOf('login: {'), [{ setting: /postern\.yaml, line 1, column/, hint: /not valid YAML/ }])
  t.match(problemsOf('just text'), [{ setting: FILE, hint: 'it holds no settings' }])
})

function load(yaml: string, env: Record<string, string> = {}): Settings {
  writeFileSync(FILE, yaml)
  return loadSettings({ file: FILE, env: { ...REQUIRED, ...env } })
}

function problemsOf(yaml: string, env: Record<string, string> = {}): readonly SettingProblem[] {
  return errorOf(yaml, env).problems
}

function errorOf(yaml: string, env: Record<string, string> = {}): SettingsError {
  writeFileSync(FILE, yaml)
  // What the file gives, the environment must not hide.
  return errorFrom(() => loadSettings({ file: FILE, env: { ...without(REQUIRED, yaml), ...env } }))
}

function without(required: typeof REQUIRED, yaml: string): Partial<typeof REQUIRED> {
  return {
    ...(yaml.startsWith('store') ? {} : { POSTERN_STORE_URL: required.POSTERN_STORE_URL }),
    ...(yaml.startsWith('secret_key') ? {} : { POSTERN_SECRET_KEY: required.POSTERN_SECRET_KEY }),
  }
}

function errorFrom(act: () => unknown): SettingsError {
  try {
    act()
  } catch (error) {
    if (error instanceof SettingsError) return error
    throw error
  }
  throw new Error('the settings were accepted')
}
