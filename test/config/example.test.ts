import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { loadSettings } from '../../src/load-settings.js'
import { listSettings } from '../../src/settings.js'
import { renderExample } from './render-example.js'

const EXAMPLE = fileURLToPath(new URL('../../config/postern.example.yaml', import.meta.url))
const REQUIRED = {
  POSTERN_STORE_URL: 'postgres://postern@127.0.0.1/postern',
  POSTERN_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
}

// To write the file anew after a change of the table: WRITE_EXAMPLE=1 npx tap test/config/example.test.ts
if (process.env['WRITE_EXAMPLE'] === '1') writeFileSync(EXAMPLE, renderExample())

void t.test('the example file is what the table of settings says, to the letter', async t => {
  t.equal(readFileSync(EXAMPLE, 'utf8'), renderExample())
})

void t.test('the example file loads, and holds nothing but defaults', async t => {
  t.same(loadSettings({ file: EXAMPLE, env: REQUIRED }), loadSettings({ env: REQUIRED }))
})

void t.test('the example file names every setting, and gives every default', async t => {
  const text = readFileSync(EXAMPLE, 'utf8')
  for (const { path, schema } of listSettings()) {
    const given = path
      .split('.')
      .reduce<unknown>((section, name) => (section as Record<string, unknown>)[name], parse(text))
    if (schema.default === undefined) {
      t.equal(given, undefined, `${path} is required, so no example value can do harm`)
      t.match(text, new RegExp(`^ *# ${path.split('.').at(-1) ?? ''}:$`, 'm'), path)
    } else if (schema.items === undefined) t.same(given, schema.default, path)
    else t.match(given, schema.default, path)
  }
})

void t.test('every setting says what it does', async t => {
  for (const { path, schema } of listSettings()) t.match(schema.description, /^.{10,}\.$/, path)
})
