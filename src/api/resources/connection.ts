// Connection information, as the API shows it.

import { Type } from 'typebox'
import { choice, nullable, RoleName } from '../schema-types.js'

const ToolSchema = Type.Object(
  {
    tool: Type.String({ description: 'The driver, ORM or tool.' }),
    language: choice(['shell', 'javascript', 'python', 'go', 'csharp', 'java', 'text']),
    connection: Type.String({ description: 'Its connection string, with `<token>` in place of the token.' }),
    code: Type.String({ description: 'How to use it; the string is taken from DATABASE_URL.' }),
    note: nullable(Type.String()),
  },
  { title: 'ConnectionTool' },
)

const EnvSchema = Type.Object(
  {
    PGHOST: Type.String(),
    PGPORT: Type.String(),
    PGDATABASE: Type.String(),
    PGUSER: Type.String(),
    PGPASSWORD: Type.String(),
    PGSSLMODE: Type.String(),
    PGSSLROOTCERT: Type.Optional(Type.String()),
  },
  { title: 'ConnectionEnv', description: "libpq's environment variables." },
)

const JdbcSchema = Type.Object(
  { url: Type.String(), user: Type.String(), password: Type.String() },
  { title: 'ConnectionJdbc', description: 'JDBC tools take user and password apart from the URL.' },
)

export const ConnectionSchema = Type.Object(
  {
    account: Type.String({ description: 'The `user`.' }),
    database: Type.String(),
    role: RoleName,
    host: Type.String(),
    port: Type.Integer(),
    sslmode: choice(['disable', 'require', 'verify-full']),
    sslrootcert: nullable(Type.String({ description: 'File of the certificate authority, if it is one of our own.' })),
    password: Type.Literal('<token>', { description: 'Stands for the token of a key.' }),
    uri: Type.String(),
    psql: Type.String({ description: 'For a shell: the token is not among the arguments.' }),
    pgpass: Type.String({ description: 'A line for ~/.pgpass.' }),
    dsn: Type.String({ description: "libpq's key/value form." }),
    env: EnvSchema,
    jdbc: JdbcSchema,
    tools: Type.Array(ToolSchema),
    notes: Type.Array(Type.String(), { description: 'What to know about TLS here.' }),
  },
  { title: 'Connection' },
)
