// What the tests of tools and drivers share: a world whose database has a table in it, an account of each role, and the
// variables that tell every libpq-like client where to go (manual, "Environment Variables" of libpq).

import pg from 'pg'
import type { Test } from 'tap'
import type { Role } from '../../src/auth/account.js'
import { makeWorld, type Member, type World } from '../support/world.js'

/** Rows of the table `items`: ids from 1 to this. */
export const ITEMS = 1_000

export interface Shop {
  readonly world: World
  readonly reader: Member
  readonly writer: Member
  /** A service account with the role admin. */
  readonly admin: Member
  /** The logins on the server that stand for the roles. */
  readonly logins: Readonly<Record<Role, string>>
  /** Asks as the superuser, past the proxy. */
  ask(sql: string): Promise<Record<string, unknown>[]>
  /** Waits until a session matches the condition on pg_stat_activity. */
  seen(condition: string): Promise<void>
  /** Waits until no session does. */
  unseen(condition: string): Promise<void>
}

export async function makeShop(t: Test): Promise<Shop> {
  const world = await makeWorld(t)
  const superuser = new pg.Client(world.direct)
  await superuser.connect()
  t.teardown(() => superuser.end())
  const ask = async (sql: string) => (await superuser.query<Record<string, unknown>>(sql)).rows
  await ask('create table items (id int primary key, name text not null, price numeric not null default 1)')
  await ask(`insert into items select i, 'item ' || i, i / 4.0 from generate_series(1, ${ITEMS}) i`)
  const { reader, writer, admin } = world.database.users
  if (reader === null || writer === null || admin === null) throw new Error('the database lacks a login')
  const sessions = async (condition: string) => {
    const others = 'datname = current_database() and pid <> pg_backend_pid()'
    return (await ask(`select from pg_stat_activity where ${others} and (${condition})`)).length
  }
  return {
    world,
    reader: await world.account({ name: 'reporting', role: 'reader' }),
    writer: await world.account({ name: 'importer', role: 'writer' }),
    admin: await world.account({ name: 'migrator', role: 'admin' }),
    logins: { reader, writer, admin },
    ask,
    async seen(condition) {
      while ((await sessions(condition)) === 0);
    },
    async unseen(condition) {
      while ((await sessions(condition)) > 0);
    },
  }
}

/** Where a client goes and as whom; `verify-full` unless told otherwise. */
export function environment(
  { world }: Pick<Shop, 'world'>,
  { name, token }: Pick<Member, 'name' | 'token'>,
  variables: Readonly<Record<`PG${string}`, string>> = {},
  listener?: Parameters<World['port']>[0],
): Record<string, string> {
  return {
    PGHOST: '127.0.0.1',
    PGPORT: String(world.port(listener)),
    PGUSER: name,
    PGPASSWORD: token,
    PGDATABASE: 'shop',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: world.ca,
    ...variables,
  }
}
