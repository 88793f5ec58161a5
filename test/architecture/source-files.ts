// Reads the sources as the compiler does, and tells what they import and touch.

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import ts from 'typescript'

export const ROOT = join(import.meta.dirname, '..', '..')
const SRC = join(ROOT, 'src')

export interface Import {
  /** As it is written: a path, a package or a module of Node. */
  readonly specifier: string
  /** Vanishes when compiled. */
  readonly typeOnly: boolean
}

export interface SourceFile {
  /** Below src, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly readsEnvironment: boolean
  readonly castsToAny: boolean
}

/** Starts what cli/main.ts becomes when it is built, and nothing else. */
const LAUNCHER = 'cli/postern.js'

export function readSources(): readonly SourceFile[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .filter(entry => relative(SRC, join(entry.parentPath, entry.name)) !== join(LAUNCHER))
    .map(entry => {
      const file = join(entry.parentPath, entry.name)
      return inspect(relative(SRC, file).split(sep).join('/'), readFileSync(file, 'utf8'))
    })
}

/** Tells about one file, by its text. */
export function inspect(path: string, text: string): SourceFile {
  const imports: Import[] = []
  let readsEnvironment = false
  let castsToAny = false
  const visit = (node: ts.Node): void => {
    const found = importOf(node)
    if (found) imports.push(found)
    readsEnvironment ||= isEnvironment(node)
    castsToAny ||= ts.isAsExpression(node) && node.type.kind === ts.SyntaxKind.AnyKeyword
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true))
  return { path, text, imports, readsEnvironment, castsToAny }
}

/** Where a relative import leads, below src and without its extension; null for packages. */
export function targetOf(path: string, { specifier }: Import): string | null {
  if (!specifier.startsWith('.')) return null
  return posix.join(posix.dirname(path), specifier).replace(/\.[cm]?[jt]sx?$/, '')
}

/** The package behind a specifier, without the path into it. */
export function packageOf({ specifier }: Import): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function importOf(node: ts.Node): Import | null {
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause
    return written(node.moduleSpecifier, clause?.isTypeOnly === true || allAreTypes(clause?.namedBindings))
  }
  if (ts.isExportDeclaration(node)) return written(node.moduleSpecifier, node.isTypeOnly)
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? written(node.argument.literal, true) : null
  if (ts.isExternalModuleReference(node)) return written(node.expression, false)
  if (!ts.isCallExpression(node)) return null
  const { expression } = node
  const loads =
    expression.kind === ts.SyntaxKind.ImportKeyword || /(^|\.)require(\.resolve)?$/.test(expression.getText())
  return loads ? written(node.arguments[0], false) : null
}

/** `import { type A, type B } from` keeps nothing but, maybe, the run of the module. */
function allAreTypes(bindings: ts.NamedImportBindings | undefined): boolean {
  if (!bindings || !ts.isNamedImports(bindings)) return false
  return bindings.elements.length > 0 && bindings.elements.every(element => element.isTypeOnly)
}

/** What can't be read is no one's to import: a computed specifier is told as it stands. */
function written(specifier: ts.Node | undefined, typeOnly: boolean): Import | null {
  if (!specifier) return null
  return { specifier: ts.isStringLiteralLike(specifier) ? specifier.text : specifier.getText(), typeOnly }
}

function isEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && isProcess(node.expression)
  if (ts.isElementAccessExpression(node)) {
    return (
      isProcess(node.expression) &&
      ts.isStringLiteralLike(node.argumentExpression) &&
      node.argumentExpression.text === 'env'
    )
  }
  return (
    ts.isVariableDeclaration(node) &&
    ts.isObjectBindingPattern(node.name) &&
    node.initializer !== undefined &&
    isProcess(node.initializer) &&
    node.name.elements.some(element => (element.propertyName ?? element.name).getText() === 'env')
  )
}

function isProcess(node: ts.Node): boolean {
  return /^(globalThis\.)?process$/.test(node.getText())
}
