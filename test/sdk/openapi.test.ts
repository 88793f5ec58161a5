// The types of the SDK are generated: this test holds them to the API's own document. To make them anew:
// TAP_SNAPSHOT=1 npx tap test/sdk/openapi.test.ts

import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { sdkTypes } from '../support/generate-sdk-types.js'

const FILE = new URL('../../src/sdk/openapi.ts', import.meta.url)

void t.test('the types of the SDK are those of the OpenAPI document', async t => {
  const types = await sdkTypes()
  if (process.env['TAP_SNAPSHOT'] === '1') await writeFile(FILE, types)
  t.equal(await readFile(FILE, 'utf8'), types, 'run TAP_SNAPSHOT=1 npx tap test/sdk/openapi.test.ts')
})
