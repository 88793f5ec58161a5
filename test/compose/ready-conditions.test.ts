import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import { apiAccepts, proxyAccepts } from '../../src/compose/ready-conditions.js'
import { loadSettings } from '../../src/load-settings.js'

const settings = loadSettings({
  env: {
    POSTERN_STORE_URL: 'postgres://me@127.0.0.1/postern',
    POSTERN_SECRET_KEY: Buffer.alloc(32).toString('base64'),
    POSTERN_LISTENERS: '[{ host: 127.0.0.1, port: 6432, tls: "off" }]',
    POSTERN_API_HOST: '::1',
    POSTERN_API_PORT: '8080',
  },
})

void t.test('an API that does not listen yet, listens, and was closed under the instance', async t => {
  let app: FastifyInstance | null = null
  const reasons = apiAccepts(settings, () => app)
  t.same(reasons('starting'), ['starting: the API does not accept connections on [::1]:8080 yet'])
  app = Fastify()
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.same(reasons('serving'), [])
  await app.close()
  t.same(reasons('serving'), ['the API does not accept connections on [::1]:8080 any longer'])
  t.same(reasons('draining'), [], 'a drain closes it')
})

void t.test('every listener of the proxy that does not accept is named', async t => {
  const closedListeners = [
    { host: '0.0.0.0', port: 6432 },
    { host: '::', port: 6433 },
  ]
  const reasons = proxyAccepts({ closedListeners })
  t.same(reasons('starting'), [
    'starting: the proxy does not accept connections on 0.0.0.0:6432 yet',
    'starting: the proxy does not accept connections on [::]:6433 yet',
  ])
  t.match(reasons('serving')[1], 'the proxy does not accept connections on [::]:6433 any longer')
})
