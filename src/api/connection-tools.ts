// Connection strings for drivers, ORMs and other tools: what each of them reads, which is not always what libpq reads.
// In code the string comes from DATABASE_URL, so that no token gets into a repository.

import type { Static } from 'typebox'
import { connectionUri, jdbcUrl, TOKEN_PLACEHOLDER, type ConnectionTarget } from './connection-uri.js'
import { adoValue } from './quoting.js'
import type { ConnectionSchema } from './resources/connection.js'

type Tool = Static<typeof ConnectionSchema>['tools'][number]

export function connectionTools(target: ConnectionTarget): Tool[] {
  return [...javascriptTools(target), ...pythonTools(target), ...otherTools(target)]
}

function javascriptTools(target: ConnectionTarget): Tool[] {
  const connection = connectionUri(target, verifyFull(target))
  return [
    {
      tool: 'node-postgres',
      language: 'javascript',
      connection,
      code: "import pg from 'pg'\n\nconst pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })",
      note: null,
    },
    {
      tool: 'Drizzle',
      language: 'javascript',
      connection,
      code: "import { drizzle } from 'drizzle-orm/node-postgres'\n\nconst db = drizzle(process.env.DATABASE_URL)",
      note: 'Over node-postgres.',
    },
    {
      tool: 'Prisma',
      language: 'javascript',
      connection,
      code:
        "import { PrismaPg } from '@prisma/adapter-pg'\n\n" +
        'const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL })\n' +
        'const prisma = new PrismaClient({ adapter })',
      note: 'With the driver adapter, over node-postgres. Migrations need the role admin.',
    },
  ]
}

function pythonTools(target: ConnectionTarget): Tool[] {
  const { caFile, sslmode } = target
  const parameters = { sslmode, sslrootcert: sslmode === 'verify-full' ? caFile : null }
  return [
    {
      tool: 'psycopg',
      language: 'python',
      connection: connectionUri(target, parameters),
      code: 'import os\nimport psycopg\n\nconnection = psycopg.connect(os.environ["DATABASE_URL"])',
      note: null,
    },
    {
      tool: 'SQLAlchemy',
      language: 'python',
      connection: connectionUri(target, parameters, { scheme: 'postgresql+psycopg' }),
      code: 'import os\nfrom sqlalchemy import create_engine\n\nengine = create_engine(os.environ["DATABASE_URL"])',
      note: 'Over psycopg 3.',
    },
  ]
}

function otherTools(target: ConnectionTarget): Tool[] {
  return [
    {
      tool: 'pgx',
      language: 'go',
      connection: connectionUri(target, verifyFull(target)),
      code: 'conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))',
      note: null,
    },
    {
      tool: 'Npgsql',
      language: 'csharp',
      connection: npgsql(target),
      code:
        'var url = Environment.GetEnvironmentVariable("DATABASE_URL")!;\n' +
        'await using var source = NpgsqlDataSource.Create(url);',
      note: null,
    },
    {
      tool: 'pgjdbc',
      language: 'java',
      connection: jdbcUrl(target),
      code: `DriverManager.getConnection(System.getenv("DATABASE_URL"), ${JSON.stringify(target.account)}, token)`,
      note: 'User and password are given apart from the URL.',
    },
  ]
}

// These check certificates against authorities of their own when no file is named.
function verifyFull({ tls, caFile }: ConnectionTarget): Record<string, string | null> {
  return tls === 'off' ? { sslmode: 'disable' } : { sslmode: 'verify-full', sslrootcert: caFile }
}

function npgsql({ host, port, database, account, tls, caFile }: ConnectionTarget): string {
  const pairs: [string, string][] = [
    ['Host', host],
    ['Port', String(port)],
    ['Database', database],
    ['Username', account],
    ['Password', TOKEN_PLACEHOLDER],
    ['SSL Mode', tls === 'off' ? 'Disable' : 'VerifyFull'],
  ]
  if (tls !== 'off' && caFile !== null) pairs.push(['Root Certificate', caFile])
  return pairs.map(([name, value]) => `${name}=${adoValue(value)}`).join(';')
}
