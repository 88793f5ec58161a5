// Every setting of Postern: its place in the file, unit, default, limits and meaning. The example file, the loader and
// the type that the rest of Postern sees are all made from this one table.

import { Type } from 'typebox'
import type { Static, TSchema, TUnsafe } from 'typebox'

/** Marks durations in the type, so that their fields end in `Ms`. It exists for the compiler only. */
type Duration = number & { readonly duration: 'ms' }

interface Described {
  /** What it does, in sentences. */
  readonly description: string
  /** Left out: the setting is required. */
  readonly default?: unknown
  readonly unit?: string
  /** It can change while the process runs, on SIGHUP: whoever uses it reads it each time (settings/live). */
  readonly reload?: true
  /** Its value is never shown, not in a mistake's report either. */
  readonly secret?: true
  /** Why the limits are what they are, for whoever runs into one. */
  readonly reason?: string
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** `15s`, `500ms`, `5m`, `7d`, or a number of seconds; milliseconds once loaded. */
const duration = (options: Described & { minimum?: number; maximum?: number }): TUnsafe<Duration> =>
  Type.Unsafe<Duration>(Type.Number({ minimum: 0, maximum: HOUR_MS, unit: 'duration', ...options }))
const count = (options: Described & { minimum?: number; maximum?: number }) =>
  Type.Integer({ minimum: 1, maximum: 10_000_000, ...options })
const port = (options: Described) => Type.Integer({ minimum: 0, maximum: 65_535, unit: 'TCP port', ...options })
const text = (options: Described & { pattern?: string }) => Type.String({ minLength: 1, maxLength: 4_096, ...options })
const choice = <const T extends string>(values: readonly T[], options: Described) =>
  Type.Unsafe<T>(Type.String({ enum: values, ...options }))
/** A text that may be missing: null in the file, and by default. */
const optional = (options: Described) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], minLength: 1, maxLength: 4_096, default: null, ...options })
const optionalUrl = (options: Described) =>
  Type.Unsafe<string | null>({ ...optional(options), pattern: '^https?://[^/?#@]+$' })
const optionalPort = (options: Described) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 1, maximum: 65_535, default: null, ...options })

// 32 bytes in base64.
const KEY_PATTERN = '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$'

const LISTENER = Type.Object({
  host: text({ default: '0.0.0.0', description: 'Address to listen on.' }),
  port: port({ default: 6432, description: 'Port to listen on. 0: a free one.' }),
  auth: choice(['scram', 'password'], {
    default: 'scram',
    description:
      'scram: the token never crosses the wire. password: the client sends the token, for clients without SCRAM.',
  }),
  tls: choice(['require', 'allow', 'off'], {
    default: 'require',
    description:
      'require: logins need TLS. allow: the client chooses. off: there is none. auth: password needs require, but on loopback.',
  }),
  certificate_file: optional({ description: "PEM file with the server's certificate and its chain. Needed for TLS." }),
  private_key_file: optional({ description: 'PEM file with the key of the certificate. Needed for TLS.' }),
  tls_min_version: choice(['TLSv1.2', 'TLSv1.3'], {
    default: 'TLSv1.2',
    description: 'The oldest version of TLS that is spoken.',
  }),
  client_ca_file: optional({
    description:
      'PEM file of the authorities that sign client certificates: then a login needs one, besides its token, and tls ' +
      'must be require. null: none is asked for.',
  }),
  trusted_proxies: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    default: [],
    maxItems: 100,
    description:
      'Addresses and CIDR blocks of load balancers whose connections begin with a PROXY protocol header (v1 or v2), ' +
      'which names the real client. From everywhere else no header is taken.',
  }),
})

const FILE = Type.Object({
  store: Type.Object({
    url: text({
      secret: true,
      pattern: '^postgres(ql)?://',
      description: "URL of the store: the Postgres database that keeps Postern's own data.",
    }),
    pool_size: count({ default: 10, maximum: 1_000, unit: 'connections', description: 'Connections to the store.' }),
    statement_timeout: duration({
      default: '5s',
      minimum: 100,
      description: 'The longest that one statement in the store may take.',
    }),
  }),
  secret_key: text({
    secret: true,
    pattern: KEY_PATTERN,
    unit: '32 bytes in base64',
    description: 'Seals the passwords of upstream logins. Make one with `openssl rand -base64 32`.',
  }),
  retired_secret_keys: Type.Array(Type.String({ pattern: KEY_PATTERN, secret: true }), {
    default: [],
    maxItems: 10,
    secret: true,
    unit: 'list of 32 bytes in base64',
    description: 'Former secret keys: they still open what they sealed, but seal nothing new.',
  }),
  listeners: Type.Array(LISTENER, {
    default: [
      {
        certificate_file: '/etc/postern/tls/tls.crt',
        private_key_file: '/etc/postern/tls/tls.key',
      },
    ],
    minItems: 1,
    maxItems: 16,
    description: 'Where Postgres clients connect.',
  }),
  login: Type.Object({
    timeout: duration({
      reload: true,
      default: '15s',
      minimum: 100,
      maximum: 5 * MINUTE_MS,
      description: 'The longest that a login may take, from accept to its admission.',
    }),
    startup_timeout: duration({
      reload: true,
      default: '5s',
      minimum: 100,
      maximum: 5 * MINUTE_MS,
      description: 'The longest until a client has sent its start-up packet, TLS included, within login.timeout.',
    }),
    challenge_timeout: duration({
      reload: true,
      default: '10s',
      minimum: 100,
      maximum: 5 * MINUTE_MS,
      description: 'The longest that it may take to prove who it is from then on, within login.timeout.',
    }),
    max_in_flight: count({
      reload: true,
      default: 500,
      unit: 'logins',
      description: 'Logins at a time. More are refused.',
    }),
    argon2_concurrency: count({
      default: 2,
      maximum: 64,
      unit: 'checks',
      description: 'Tokens checked by argon2id at a time. Each takes a core while it runs.',
    }),
    argon2_queue: count({
      default: 200,
      unit: 'checks',
      description: 'Tokens that may wait for such a check. More are refused.',
    }),
  }),
  limits: Type.Object({
    connections: count({
      reload: true,
      default: 5_000,
      unit: 'connections',
      description: 'Client connections of an instance in all.',
    }),
    connections_per_address: count({
      reload: true,
      default: 500,
      unit: 'connections',
      description:
        'Client connections from one address (IPv6: from one /64). Raise it when clients share one, as behind a load balancer.',
    }),
    sessions_per_account: count({
      reload: true,
      default: 1_000,
      unit: 'sessions',
      description: 'Sessions of one account on an instance.',
    }),
    sessions_per_key: count({
      reload: true,
      default: 500,
      unit: 'sessions',
      description: 'Sessions of one API key on an instance.',
    }),
    wrong_cancel_keys: count({
      reload: true,
      default: 60,
      maximum: 10_000,
      unit: 'requests a minute and network',
      description:
        'Cancel requests with a key that no session has, from one network (IPv4 /24, IPv6 /64). More are dropped without asking the other instances.',
    }),
  }),
  failed_logins: Type.Object({
    per_network: count({
      reload: true,
      default: 30,
      unit: 'bad tokens',
      description:
        'Bad tokens from one network in failed_logins.window. Then its logins are refused for as long. A token that is ' +
        'tried again counts once.',
    }),
    window: duration({
      reload: true,
      default: '10m',
      minimum: 1_000,
      maximum: DAY_MS,
      description: 'The time in which bad tokens are counted, and for which a network is blocked.',
    }),
    tries_as_one: count({
      reload: true,
      default: 100,
      unit: 'logins',
      description:
        'Failed logins to one account that count as one bad token with auth: scram, where the token never crosses the wire ' +
        'and none can be told from another.',
    }),
    ipv4_prefix: count({
      default: 32,
      maximum: 32,
      unit: 'bits',
      description: 'Addresses that share so many bits are one network.',
    }),
    ipv6_prefix: count({
      default: 64,
      maximum: 128,
      unit: 'bits',
      description: 'The same for IPv6, where one machine has a network of its own.',
    }),
    networks: count({
      default: 10_000,
      unit: 'networks',
      description: 'Networks whose bad tokens are remembered.',
    }),
  }),
  upstream: Type.Object({
    connect_timeout: duration({
      reload: true,
      default: '10s',
      minimum: 100,
      maximum: 5 * MINUTE_MS,
      description: 'The longest that connecting to an upstream server may take: name look-up, TLS and login.',
    }),
  }),
  revocation: Type.Object({
    refresh: duration({
      reload: true,
      default: '15s',
      minimum: 1_000,
      maximum: 2 * MINUTE_MS,
      description: 'How often the list of revocations is read again. Changes are pushed as well, normally at once.',
    }),
    heartbeat: duration({
      default: '10s',
      minimum: 1_000,
      maximum: 2 * MINUTE_MS,
      description:
        'How often the push of changes is tried out. What is not heard again makes the instance connect anew.',
    }),
    max_age: duration({
      default: '300s',
      minimum: 2_000,
      maximum: 5 * MINUTE_MS,
      reason: 'a revoked key has to stop within five minutes, whatever fails',
      description: 'A list older than this is not trusted: new logins are refused.',
    }),
    when_stale: choice(['end-sessions', 'keep-sessions'], {
      reload: true,
      default: 'end-sessions',
      description:
        'What happens to live sessions when the list is too old. keep-sessions gives up the five-minute promise.',
    }),
  }),
  drain: Type.Object({
    timeout: duration({
      reload: true,
      default: '30s',
      description: 'How long sessions may go on when the process is told to stop. Idle ones end at once.',
    }),
    accept_delay: duration({
      reload: true,
      default: '0s',
      description: 'How long new connections are still accepted then, until the load balancer has noticed.',
    }),
  }),
  sessions: Type.Object({
    report: duration({
      default: '5s',
      minimum: 1_000,
      maximum: MINUTE_MS,
      description:
        'How often an instance writes to the store which sessions live, which keys were used and what the audit log is to know of logins.',
    }),
  }),
  cache: Type.Object({
    accounts: count({ default: 10_000, unit: 'accounts', description: 'Accounts kept in memory.' }),
    databases: count({ default: 1_000, unit: 'databases', description: 'Databases kept in memory.' }),
    verdicts: count({ default: 10_000, unit: 'tokens', description: 'Argon2id verdicts kept in memory.' }),
  }),
  keys: Type.Object({
    max_per_personal_account: count({
      reload: true,
      default: 5,
      maximum: 1_000,
      unit: 'keys',
      description: 'Active API keys that a personal account may have.',
    }),
    max_per_service_account: count({
      reload: true,
      default: 50,
      maximum: 1_000,
      unit: 'keys',
      description: 'Active API keys that a service account may have.',
    }),
  }),
  service_accounts: Type.Object({
    pinned_makers: choice(['members', 'admins'], {
      reload: true,
      default: 'members',
      description: 'Who may make pinned service accounts, over databases that they reach. Those there are stay.',
    }),
  }),
  audit: Type.Object({
    logins: choice(['none', 'refused', 'all'], {
      reload: true,
      default: 'refused',
      description:
        'What the audit log is told of logins at the proxy. refused: those that were refused, with the true reason. all: sessions opened and closed too.',
    }),
  }),
  api: Type.Object({
    host: text({ default: '127.0.0.1', description: 'Address of the REST API.' }),
    port: port({ default: 8080, description: 'Port of the REST API. 0: a free one.' }),
    certificate_file: optional({ description: 'PEM file with its certificate. null: plain HTTP, for a TLS proxy.' }),
    private_key_file: optional({ description: 'PEM file with the key of the certificate.' }),
    public_url: optionalUrl({
      unit: 'URL without a path',
      description:
        'Where people reach the API and the console, as in https://postern.example.com. https makes the cookie of the ' +
        'console secure behind a TLS proxy. null: the address that was called.',
    }),
    trusted_proxies: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      default: [],
      maxItems: 100,
      description:
        'Addresses and CIDR blocks of proxies before the API whose X-Forwarded-… headers are believed, so that limits ' +
        "count people's own addresses.",
    }),
    public_proxy_host: optional({
      description: 'The host that connection strings name. null: the host by which the API was called.',
    }),
    public_proxy_port: optionalPort({
      unit: 'TCP port',
      description: 'The port that connection strings name. null: that of the first listener.',
    }),
    public_ca_file: optional({
      description:
        "The file that connection strings name for checking the proxy's certificate. null: an authority that clients know.",
    }),
    rate_limit: Type.Object({
      requests: count({
        reload: true,
        default: 600,
        unit: 'requests a minute and address',
        description: 'Requests in all.',
      }),
      token_revocations: count({
        reload: true,
        default: 30,
        unit: 'requests a minute and address',
        description: 'Attempts to revoke a key by its token, which need no login.',
      }),
    }),
  }),
  console: Type.Object({
    idle_timeout: duration({
      default: '8h',
      minimum: MINUTE_MS,
      maximum: 30 * DAY_MS,
      description: 'How long a person stays signed in to the console without doing anything.',
    }),
    max_age: duration({
      default: '7d',
      minimum: MINUTE_MS,
      maximum: 365 * DAY_MS,
      description: 'How long a person stays signed in to the console whatever they do.',
    }),
    failures_per_account: count({
      default: 10,
      maximum: 1_000,
      unit: 'failures',
      description:
        'Wrong passwords for one e-mail address, in console.failure_window. Then it is refused until the window ends.',
    }),
    failures_per_address: count({
      default: 50,
      maximum: 10_000,
      unit: 'failures',
      description: 'Wrong passwords and links from one network (IPv4 /24, IPv6 /64), in console.failure_window.',
    }),
    failure_window: duration({
      default: '15m',
      minimum: 1_000,
      maximum: DAY_MS,
      description: 'The time in which failures are counted.',
    }),
  }),
  invitations: Type.Object({
    expires_after: duration({
      default: '7d',
      minimum: MINUTE_MS,
      maximum: 90 * DAY_MS,
      description: 'How long the link of an invitation works.',
    }),
  }),
  metrics: Type.Object({
    host: text({ default: '127.0.0.1', description: 'Address of /metrics, /livez and /readyz. They have no login.' }),
    port: port({ default: 9127, description: 'Port of /metrics, /livez and /readyz. 0: a free one.' }),
  }),
  log: Type.Object({
    level: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
      reload: true,
      default: 'info',
      description: 'The least important lines that are written.',
    }),
  }),
})

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S
type FieldName<K, V> = K extends string ? (V extends Duration ? `${Camel<K>}Ms` : Camel<K>) : never
type Loaded<T> = T extends Duration
  ? number
  : T extends readonly (infer Item)[]
    ? readonly Loaded<Item>[]
    : T extends object
      ? { readonly [K in keyof T as FieldName<K, T[K]>]: Loaded<T[K]> }
      : T

/** The settings as the rest of Postern sees them: `login.max_in_flight` is `login.maxInFlight`, `login.timeout` is
 * `login.timeoutMs`, null is "not given". */
export type Settings = Loaded<Static<typeof FILE>>
export type ListenerSettings = Settings['listeners'][number]

/** What the loader and the documents know of a section, list or single setting. */
export interface SettingSchema extends TSchema, Partial<Described> {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, SettingSchema>>
  readonly items?: SettingSchema
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
}

/** The whole file. */
export const SETTINGS = FILE as SettingSchema

/** A setting by its path, and the environment variable that sets it. */
export interface SettingEntry {
  /** As in `login.timeout`. */
  readonly path: string
  /** As in `POSTERN_LOGIN_TIMEOUT`. */
  readonly variable: string
  readonly schema: SettingSchema
}

/** Lists every setting in the order of the file. A list is one setting: its items have no variable of their own. */
export function listSettings(schema: SettingSchema = SETTINGS, prefix = ''): SettingEntry[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    if (inner.properties !== undefined) return listSettings(inner, path)
    return [{ path, variable: `POSTERN_${path.replaceAll('.', '_').toUpperCase()}`, schema: inner }]
  })
}
