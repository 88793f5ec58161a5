import t from 'tap'
import { CREATIONS } from '../../src/sdk/creations.js'
import { apiDocument } from '../support/api-document.js'

interface Document {
  paths: Record<string, { post?: { parameters?: { name: string }[]; responses: object } }>
}

const { paths } = (await apiDocument()) as Document
const posts = Object.entries(paths).flatMap(([path, { post }]) => (post ? [{ path, post }] : []))

void t.test('the creations of the SDK are those that take an Idempotency-Key', async t => {
  const takers = posts.filter(({ post }) => post.parameters?.some(({ name }) => name === 'idempotency-key'))
  t.strictSame(takers.map(({ path }) => path).sort(), [...CREATIONS].sort())
})
