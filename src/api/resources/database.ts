// A registered database, as the API shows it. Where it really is, only admins of the organization see.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Database } from '../../store/databases.js'
import type { KnownDatabase } from '../access.js'
import { listOf } from '../lists.js'
import { body, choice, DatabaseName, nullable, NullableRole, Time, toTime } from '../schema-types.js'
import { ProofSchema } from './proof.js'

const LoginSchema = body(
  {
    user: Type.String({ minLength: 1, maxLength: 63, description: 'The LOGIN role on the server.' }),
    password: Type.String({
      minLength: 1,
      maxLength: 1024,
      writeOnly: true,
      description: 'Its password; sealed at rest, never shown.',
    }),
  },
  { title: 'Login' },
)

export const NewDatabaseSchema = body(
  {
    name: DatabaseName,
    url: Type.String({
      minLength: 1,
      maxLength: 4096,
      pattern: '^postgres(ql)?://',
      writeOnly: true,
      description: 'postgres://user:password@host:port/dbname. Its user and password are used once and not kept.',
    }),
    provision: Type.Optional(
      Type.Boolean({ description: 'true: Postern makes the three logins itself, as the user of the URL.' }),
    ),
    logins: Type.Optional(body({ reader: LoginSchema, writer: LoginSchema, admin: LoginSchema }, { title: 'Logins' })),
    ssl_root_cert: Type.Optional(
      Type.String({ maxLength: 400_000, description: 'PEM of the certificate authorities of its server.' }),
    ),
    announce: Type.Optional(
      Type.Boolean({
        description:
          'Whether sessions tell the server who they are, in postern.account and postern.key. Default true; ' +
          'false for a server that is a pooler.',
      }),
    ),
  },
  { title: 'NewDatabase', description: 'Either `provision: true` or `logins`.' },
)

const LoginUser = nullable(Type.String({ description: 'null: the store has no such login.' }))

const UpstreamSchema = Type.Object(
  {
    host: Type.String(),
    port: Type.Integer(),
    dbname: Type.String(),
    sslmode: choice(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']),
    custom_ca: Type.Boolean({ description: 'Whether it has certificate authorities of its own.' }),
    announce: Type.Boolean(),
    users: Type.Object({ reader: LoginUser, writer: LoginUser, admin: LoginUser }),
    registered_at: Time,
  },
  { title: 'Upstream', description: 'For admins of the organization.' },
)

export const DatabaseSchema = Type.Object(
  { name: Type.String(), role: NullableRole, upstream: Type.Optional(UpstreamSchema) },
  { title: 'Database', description: '`role` is your own; null: you see it as an admin of the organization.' },
)

export const DatabaseListSchema = listOf(DatabaseSchema, 'DatabaseList')

export const AddedDatabaseSchema = Type.Object(
  {
    database: DatabaseSchema,
    proof: ProofSchema,
    notes: Type.Array(Type.String(), { description: 'What provisioning could not do, or did another way.' }),
  },
  { title: 'AddedDatabase' },
)

export function showKnownDatabase({ name, role }: Pick<KnownDatabase, 'name' | 'role'>): Static<typeof DatabaseSchema> {
  return { name, role }
}

export function showDatabase(database: Database, role: KnownDatabase['role']): Static<typeof DatabaseSchema> {
  const { name, host, port, dbname, sslMode, sslRootCert, announce, users, createdAt } = database
  const upstream = { host, port, dbname, sslmode: sslMode, custom_ca: sslRootCert !== null, announce, users }
  return { name, role, upstream: { ...upstream, registered_at: toTime(createdAt) } }
}
