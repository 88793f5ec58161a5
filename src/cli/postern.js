#!/usr/bin/env node
// The `postern` executable. It is kept as JavaScript so that npx finds it before the first build too, and it can say so.

import { existsSync } from 'node:fs'

const main = new URL('../../dist/cli/main.js', import.meta.url)

if (existsSync(main)) {
  await import(main.href)
} else {
  process.stderr.write('error: postern is not built yet\nhint: run npm start, or npm run build\n')
  process.exitCode = 1
}
