// The sample database of `postern up`: a small shop, owned by a role of its own, and the role that owns the store.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { EmbeddedPostgres } from '../embedded/postgres.js'

export const DEMO = 'demo'
const STORE = 'postern_store'

/** Makes sure that the store's database and its owner are there; answers the URL to use it with. The owner is no
 * superuser and gets a new password at every start, so none is kept. */
export async function ensureStoreDatabase(server: EmbeddedPostgres): Promise<string> {
  const password = randomBytes(24).toString('base64url')
  await asSuperuser(server, 'postgres', async client => {
    await ensureRole(client, STORE, 'login')
    await client.query(`alter role ${STORE} password '${password}'`)
    await ensureDatabase(client, STORE, STORE)
  })
  return `postgres://${STORE}:${password}@${server.host}:${server.port}/${STORE}`
}

/** Makes the sample database unless it is there. Answers whether it was made. */
export async function ensureDemoDatabase(server: EmbeddedPostgres): Promise<boolean> {
  const made = await asSuperuser(server, 'postgres', async client => {
    await ensureRole(client, 'demo_owner', 'nologin')
    return ensureDatabase(client, DEMO, 'demo_owner')
  })
  if (made) await asSuperuser(server, DEMO, client => client.query(SHOP))
  return made
}

/** A URL by which an admin of the sample database can provision it. It holds the superuser's password. */
export function demoAdminUrl(server: EmbeddedPostgres): string {
  return `${server.url(DEMO)}?sslmode=disable`
}

async function asSuperuser<T>(server: EmbeddedPostgres, dbname: string, work: (client: pg.Client) => Promise<T>) {
  const client = new pg.Client(server.url(dbname))
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function ensureRole(client: pg.Client, name: string, login: 'login' | 'nologin'): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name])
  if (rowCount === 0) await client.query(`create role ${name} ${login}`)
}

async function ensureDatabase(client: pg.Client, name: string, owner: string): Promise<boolean> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
  if (rowCount === 0) await client.query(`create database ${name} owner ${owner}`)
  return rowCount === 0
}

const SHOP = `
  set role demo_owner;
  create table customers (id int generated always as identity primary key, name text not null, city text not null);
  create table orders (
    id int generated always as identity primary key,
    customer_id int not null references customers,
    item text not null,
    price_eur numeric(8, 2) not null,
    ordered_on date not null
  );
  insert into customers (name, city) values
    ('Ada', 'London'), ('Grace', 'New York'), ('Edsger', 'Rotterdam'), ('Barbara', 'Boston'), ('Niklaus', 'Zurich');
  insert into orders (customer_id, item, price_eur, ordered_on)
    select 1 + n % 5, (array['lamp', 'desk', 'chair', 'shelf', 'clock'])[1 + n * 7 % 5], 10 + n * 3.5, date '2026-01-01' + n
    from generate_series(0, 49) n;
`
