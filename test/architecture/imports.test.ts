import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { BUNDLED, LOANS, partOf, RULES } from './rules.js'
import { type Import, inspect, packageOf, readSources, ROOT, type SourceFile, targetOf } from './source-files.js'

const sources = readSources()

function partOfFile({ path }: SourceFile): string {
  return partOf(path.replace(/\.[cm]?[jt]sx?$/, ''))
}

/** What is wrong with an import, in words; null for one that is allowed. */
function objectionTo(file: SourceFile, found: Import): string | null {
  const part = partOfFile(file)
  const rule = RULES[part]
  if (!rule) return `${file.path}: src/${part} has no rule`
  const target = targetOf(file.path, found)
  if (target !== null) {
    const other = partOf(target)
    if (other === part || rule.ours.includes(other)) return null
    if (rule.types?.includes(other)) return found.typeOnly ? null : `${file.path}: may import only types of ${other}`
    return `${file.path}: may not import ${target}`
  }
  if (isBuiltin(found.specifier)) {
    const name = found.specifier.replace(/^node:/, '')
    if (name === found.specifier) return `${file.path}: write node:${name}`
    return rule.node === 'any' || rule.node.includes(name) ? null : `${file.path}: may not import node:${name}`
  }
  return rule.packages.includes(packageOf(found))
    ? null
    : `${file.path}: may not import the package ${packageOf(found)}`
}

function objectionsTo(file: SourceFile): string[] {
  return file.imports.flatMap(found => objectionTo(file, found) ?? [])
}

function isPackage(file: SourceFile, found: Import): boolean {
  return targetOf(file.path, found) === null && !isBuiltin(found.specifier)
}

/** The names that the package in this folder declares; none when there is no such folder. */
function dependenciesOf(
  folder: string,
  kind: 'dependencies' | 'devDependencies' = 'dependencies',
): ReadonlySet<string> {
  const file = join(ROOT, folder, 'package.json')
  if (!existsSync(file)) return new Set()
  const declared = JSON.parse(readFileSync(file, 'utf8')) as { [K in typeof kind]?: object }
  return new Set(Object.keys(declared[kind] ?? {}))
}

void t.test('imports go only where the table of folders allows', async t => {
  t.ok(sources.length > 100, 'the sources were found')
  t.same(sources.flatMap(objectionsTo), [])
})

// The promise of five minutes rests on a clock that nobody sets, and expiry on that of the store.
const ON_THE_WALL = [
  // How long a certificate is valid is told by the machine that has it.
  'embedded/certificates.ts',
  // Goes by the clock of its library, which counts wrong passwords.
  'store/failure-budget.ts',
]

void t.test('nothing asks the clock on the wall for the time, but what has to', async t => {
  const asking = sources.filter(({ text }) => /\bDate\.now\(|\bnew Date\(\)/.test(text)).map(({ path }) => path)
  t.same(asking.filter(path => !/^(cli|console|web)\//.test(path)).sort(), ON_THE_WALL)
})

void t.test('every folder and file of src has a rule', async t => {
  t.same(
    [...new Set(sources.map(partOfFile))].filter(part => !(part in RULES)),
    [],
  )
})

void t.test('every package that is imported is a dependency of ours, or comes with one by its own word', async t => {
  const [ours, forTheBuild] = [dependenciesOf('.'), dependenciesOf('.', 'devDependencies')]
  const missing = new Set<string>()
  for (const file of sources) {
    const imported = file.imports.filter(found => isPackage(file, found)).map(packageOf)
    const isBundled = BUNDLED.has(partOfFile(file))
    for (const name of imported) if (!ours.has(name) && !(isBundled && forTheBuild.has(name))) missing.add(name)
  }
  t.same(
    [...missing].filter(name => !dependenciesOf(`node_modules/${LOANS[name] ?? '?'}`).has(name)),
    [],
  )
})

void t.test('only the composition root, the command and what runs programs read the environment', async t => {
  const readers = sources.filter(({ readsEnvironment }) => readsEnvironment)
  t.same(
    readers.filter(file => !RULES[partOfFile(file)]?.environment).map(({ path }) => path),
    [],
  )
  t.ok(readers.length > 0)
})

void t.test('nothing is cast to any, and no error of the compiler is silenced', async t => {
  const silenced = /@ts-(ignore|nocheck|expect-error)|eslint-disable.*no-explicit-any/
  t.same(
    sources.filter(({ castsToAny, text }) => castsToAny || silenced.test(text)).map(({ path }) => path),
    [],
  )
})

void t.test('sees an import however it is written', async t => {
  const forms = [
    "import { a } from '../store/a.js'",
    "import '../store/a.js'",
    "import * as a from '../store/a.js'",
    "export { a } from '../store/a.js'",
    "export * from '../store/a.js'",
    "const a = await import('../store/a.js')",
    "let a: import('../store/a.js').A",
    "import a = require('../store/a.js')",
    "const a = require('../store/a.js')",
    'void import(`../store/a.js`)',
  ]
  for (const text of forms) {
    t.same(objectionsTo(inspect('proxy/x.ts', text)), ['proxy/x.ts: may not import store/a'], text)
  }
  t.same(inspect('proxy/x.ts', "// import '../store/a.js'\nconst a = \"import '../store/a.js'\"").imports, [])
})

void t.test('objects to each kind of import that is not allowed', async t => {
  const cases: [path: string, text: string, objection: string | null][] = [
    ['wire/x.ts', "import { Refusal } from '../errors.js'", 'may not import errors'],
    ['wire/x.ts', "import { Buffer } from 'node:buffer'", null],
    ['wire/x.ts', "import { Buffer } from 'buffer'", 'write node:buffer'],
    ['wire/x.ts', "import { createHash } from 'node:crypto'", 'may not import node:crypto'],
    ['auth/x.ts', "import { LRUCache } from 'lru-cache'", null],
    ['auth/x.ts', "import pg from 'pg'", 'may not import the package pg'],
    ['upstream/x.ts', "import type { Role } from '../auth/account.js'", 'may not import auth/account'],
    ['store/x.ts', "import type { Role } from '../auth/account.js'", null],
    ['store/x.ts', "import { type Role } from '../auth/account.js'", null],
    ['store/x.ts', "import { ROLES, type Role } from '../auth/account.js'", 'may import only types of auth'],
    ['api/deep/x.ts', "import { a } from '../../proxy/a.js'", 'may not import proxy/a'],
    ['api/deep/x.ts', "import { a } from '../../store/a.js'", null],
    ['cli/x.ts', "import { up } from '../up.js'", null],
    ['cli/x.ts', "import { loadSettings } from '../load-settings.js'", 'may not import load-settings'],
    ['proxy/x.ts', "import { serve } from '../serve.js'", 'may not import serve'],
    ['console/pages/x.tsx', "import { createPostern } from '../../sdk/client.js'", null],
    ['console/x.tsx', "import { createApi } from '../api/server.js'", 'may not import api/server'],
    ['console/x.tsx', "import { createHash } from 'node:crypto'", 'may not import node:crypto'],
    ['proxy/x.ts', "import { env } from 'node:process'", 'may not import node:process'],
    ['sdk/x.ts', "import a from '../../package.json'", 'may not import ../package.json'],
    ['cli/x.ts', 'await import(name)', 'may not import the package name'],
    ['novel/x.ts', "import 'node:fs'", 'src/novel has no rule'],
    ['novel.ts', "import 'node:fs'", 'src/novel has no rule'],
  ]
  for (const [path, text, objection] of cases) {
    t.same(objectionsTo(inspect(path, text)), objection === null ? [] : [`${path}: ${objection}`], text)
  }
})

void t.test('sees the environment and casts however they are written', async t => {
  const reads = [
    'process.env.PATH',
    "process['env']",
    'globalThis.process.env',
    'const { env } = process',
    'f(process.env)',
  ]
  for (const text of reads) t.equal(inspect('proxy/x.ts', text).readsEnvironment, true, text)
  for (const text of ['// process.env', "'process.env'", 'options.env', 'const { pid } = process']) {
    t.equal(inspect('proxy/x.ts', text).readsEnvironment, false, text)
  }
  t.equal(inspect('proxy/x.ts', 'f(x as any)').castsToAny, true)
  t.equal(inspect('proxy/x.ts', 'f(x as unknown as Y) // as any').castsToAny, false)
})
