import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { loadSettings } from '../../src/load-settings.js'
import { startHealthServer } from '../../src/ops/health.js'
import { Metrics } from '../../src/ops/metrics.js'
import type { Settings } from '../../src/settings.js'
import { listSettings } from '../../src/settings.js'

interface Container {
  name: string
  command?: string[]
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[]
  ports?: { name: string; containerPort: number }[]
  volumeMounts: { mountPath: string }[]
  securityContext: object
  readinessProbe?: object
  livenessProbe?: object
  lifecycle?: { preStop: { exec: { command: string[] } } }
}

interface PodSpec {
  terminationGracePeriodSeconds: number
  enableServiceLinks: boolean
  securityContext: object
  initContainers: Container[]
  containers: Container[]
}

interface Manifest {
  kind: string
  metadata: { name: string; labels: Record<string, string> }
  data: Record<string, string>
  spec: {
    replicas: number
    selector: { matchLabels: Record<string, string> }
    template: { metadata: { labels: Record<string, string> }; spec: PodSpec }
    minAvailable: number
  }
}

const manifests = parseAllDocuments(read('config/kubernetes.yaml')).map(document => document.toJS() as Manifest)
const deployment = manifest('Deployment', 'postern')
const pod = deployment.spec.template.spec
const container = pod.containers[0] as Container
const dockerfile = read('Dockerfile')
const env = {
  POSTERN_STORE_URL: 'postgres://postern@store.example/postern',
  POSTERN_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
}
const settings = loadMounted(manifest('ConfigMap', 'postern').data['postern.yaml'] ?? '')

void t.test('the configuration that Kubernetes mounts loads, and its ports are those of the container', async t => {
  t.same(container.ports, [
    { name: 'postgres', containerPort: settings.listeners[0]?.port },
    { name: 'api', containerPort: settings.api.port },
    { name: 'metrics', containerPort: settings.metrics.port },
  ])
  t.same([settings.api.host, settings.metrics.host, settings.listeners[0]?.host], ['0.0.0.0', '0.0.0.0', '0.0.0.0'])
})

void t.test('what Kubernetes and the image set in the environment are settings', async t => {
  const known = listSettings().map(({ variable }) => variable)
  const set = [...dockerfile.matchAll(/POSTERN_[A-Z_]+/g)].map(([name]) => name)
  for (const name of [...set, ...container.env.map(({ name }) => name)]) t.ok(known.includes(name), name)
})

void t.test('secrets come from a Secret, all that are required, and none is written down', async t => {
  const secrets = listSettings().filter(({ schema }) => schema.secret === true && schema.default === undefined)
  for (const { container, variable } of allContainers().flatMap(container =>
    secrets.map(({ variable }) => ({ container, variable })),
  )) {
    const entry = container.env.find(({ name }) => name === variable)
    t.match(
      entry,
      { valueFrom: { secretKeyRef: { name: 'postern', key: /^[a-z-]+$/ } } },
      `${container.name} ${variable}`,
    )
    t.equal(entry?.value, undefined)
  }
})

void t.test('the process is nobody special and can write nowhere', async t => {
  t.match(pod.securityContext, { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } })
  for (const { name, securityContext } of allContainers()) {
    t.same(
      securityContext,
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      name,
    )
  }
  t.match(dockerfile, /^USER 1000:1000$/m)
})

void t.test('the time to stop is enough for preStop, delay and drain', async t => {
  const preStop = container.lifecycle?.preStop.exec.command ?? []
  t.equal(preStop[0], 'sleep')
  const needed = Number(preStop[1]) + (settings.drain.acceptDelayMs + settings.drain.timeoutMs) / 1000
  t.ok(pod.terminationGracePeriodSeconds > needed)
})

void t.test('two instances run, are probed, and are not evicted together', async t => {
  t.equal(deployment.spec.replicas, 2)
  t.match(container.readinessProbe, { httpGet: { path: '/readyz', port: 'metrics' } })
  t.match(container.livenessProbe, { httpGet: { path: '/livez', port: 'metrics' } })
  const budget = manifest('PodDisruptionBudget', 'postern')
  t.equal(budget.spec.minAvailable, 1)
  t.same(budget.spec.selector.matchLabels, deployment.spec.template.metadata.labels)
  t.same(deployment.spec.selector.matchLabels, deployment.spec.template.metadata.labels)
})

void t.test('the variables of Kubernetes for the Service do not mix with settings', async t => {
  t.equal(pod.enableServiceLinks, false)
})

void t.test(
  'the image copies only what .dockerignore lets through, and runs the file that Kubernetes mounts',
  async t => {
    const allowed = read('.dockerignore').split('\n')
    for (const [, sources = ''] of dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)) {
      for (const source of sources.split(' ')) {
        t.ok(allowed.includes(`!${source.replace(/^(?:\.\/)?([^/]+).*$/, '$1')}`), source)
      }
    }
    const command = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[]
    t.same(command, ['node', 'dist/cli/main.js', 'serve', '--config', '/etc/postern/postern.yaml'])
    t.ok(container.volumeMounts.some(({ mountPath }) => mountPath === command.at(-1)))
    t.equal(pod.initContainers[0]?.command?.at(-1), command.at(-1))
  },
)

void t.test('the health check of the image follows /livez', async t => {
  const [program = '', ...check] = JSON.parse(/^ {2}CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[]
  t.equal(program, 'node')
  t.match(check[1], `|| ${String(loadSettings({ env }).metrics.port)})`, 'the default port is that of the settings')
  let live = true
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    metrics: new Metrics({ processMetrics: false }),
    isReady: () => ({ ready: false, reasons: [] }),
    isLive: () => live,
  })
  t.teardown(() => server.close())
  const run = (): Promise<number | null> => exitCode(check, { POSTERN_METRICS_PORT: String(server.port) })
  t.equal(await run(), 0)
  live = false
  t.equal(await run(), 1)
})

function exitCode(args: string[], env: Record<string, string>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    spawn(process.execPath, args, { env, stdio: 'inherit' }).once('error', reject).once('exit', resolve)
  })
}

function loadMounted(yaml: string): Settings {
  const file = join(t.testdir({}), 'postern.yaml')
  writeFileSync(file, yaml)
  return loadSettings({ file, env })
}

function allContainers(): Container[] {
  return [...pod.initContainers, ...pod.containers]
}

function manifest(kind: string, name: string): Manifest {
  const found = manifests.find(each => each.kind === kind && each.metadata.name === name)
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`)
  return found
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}
