// The OpenAPI document: valid, whole, and true to the routes.

import t from 'tap'
import { PROBLEMS } from '../../src/api/problems.js'
import { apiDocument, unconnectedApi } from '../support/api-document.js'
import { routesOf } from './routes-of.js'

interface Operation {
  operationId: string
  summary: string
  tags: string[]
  security?: object[]
  parameters?: { name: string; in: string; description?: string }[]
  requestBody?: { required?: boolean; content: Record<string, { schema: object }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}

interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

const document = (await apiDocument()) as Document
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
)

void t.test('it is OpenAPI 3.1, and served at /openapi.json', async t => {
  t.match(document.openapi, /^3\.1\./)
  const app = await unconnectedApi()
  t.teardown(() => app.close())
  const served = await app.inject('/openapi.json')
  t.strictSame(served.json(), document)
  t.equal((await app.inject('/docs/')).statusCode, 200)
})

void t.test('it lists every route but itself', async t => {
  const app = await unconnectedApi()
  t.teardown(() => app.close())
  const listed = operations.map(({ name }) => name.replace(/\{(\w+)\}/g, ':$1'))
  t.strictSame(
    listed.sort(),
    routesOf(app).filter(route => route !== 'GET /openapi.json'),
  )
})

void t.test('every operation has a name, a summary, and a place for each parameter of its path', async t => {
  const names = operations.map(({ operation }) => operation.operationId)
  t.equal(new Set(names).size, names.length)
  for (const { name, path, operation } of operations) {
    t.ok(operation.summary, name)
    t.equal(operation.tags.length, 1, name)
    const inPath = (operation.parameters ?? []).filter(parameter => parameter.in === 'path')
    t.strictSame(
      inPath.map(parameter => parameter.name).sort(),
      [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter).sort(),
      name,
    )
    for (const parameter of operation.parameters ?? []) t.ok(parameter.description, `${name} ${parameter.name}`)
    t.ok(
      Object.keys(operation.responses).some(status => status.startsWith('2')),
      name,
    )
  }
})

void t.test('every reference leads to a component, and every component is used', async t => {
  const references = new Set([...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, target]) => target))
  const components = Object.keys(document.components.schemas).map(name => `#/components/schemas/${name}`)
  t.strictSame([...references].sort(), components.sort())
})

void t.test('every problem is in the table of codes, and most belong to a route', async t => {
  const told = operations.flatMap(({ operation }) =>
    Object.values(operation.responses).flatMap(({ description }) =>
      [...description.matchAll(/^`(\w+)`: /gm)].map(([, code]) => code),
    ),
  )
  // An address that is no route belongs to none, and so does a request that could not be read as far as its address.
  const ofNoRoute = ['route_not_found', 'malformed_request', 'request_timeout', 'headers_too_large']
  const untold = Object.keys(PROBLEMS).filter(code => !ofNoRoute.includes(code) && !told.includes(code))
  t.strictSame(untold, [])
  const { Problem } = document.components.schemas as { Problem: { properties: { code: { enum: string[] } } } }
  t.strictSame(Problem.properties.code.enum, Object.keys(PROBLEMS))
})

void t.test('every failure is a problem document', async t => {
  for (const { name, operation } of operations) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      if (Number(status) < 400) continue
      t.strictSame(
        content,
        { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        `${name} ${status}`,
      )
    }
  }
})

void t.test('whatever is made can be asked for twice', async t => {
  const makers = operations.filter(({ operation }) => operation.responses['201'])
  t.ok(makers.length > 5)
  for (const { name, operation } of makers) {
    t.ok(
      operation.parameters?.some(parameter => parameter.name === 'idempotency-key'),
      name,
    )
  }
})

void t.test('only what needs no token says so', async t => {
  const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ name }) => name)
  t.strictSame(open.sort(), ['GET /healthz', 'POST /v1/invitations/accept', 'POST /v1/keys/revoke', 'POST /v1/login'])
})
