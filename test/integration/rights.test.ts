// The login's own rights are the wall: whatever a session tries, it stays what its account is.

import pg from 'pg'
import t from 'tap'
import type { Member } from '../support/world.js'
import { makeShop } from './shop.js'

const shop = await makeShop(t)
const { world, logins, reader, writer, admin } = shop
const FORBIDDEN = { code: '42501' }

async function connect(member: Member, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: world.uri(member), ...config })
  await client.connect()
  return client
}

void t.test('a reader reads, and can change nothing', async t => {
  const client = await connect(reader)
  t.match(await client.query('select name from items where id = 1'), { rows: [{ name: 'item 1' }] })
  for (const sql of [
    `insert into items values (9001, 'x')`,
    `update items set name = 'x'`,
    'delete from items',
    'truncate items',
    'drop table items',
    'alter table items add column x int',
    'create table mine (i int)',
    'create schema mine',
    'create role mine',
    'create database mine',
    `copy items from program 'true'`,
    `copy items to program 'true'`,
    `copy items to '/tmp/items'`,
    `select pg_read_file('/etc/passwd')`,
    `alter system set work_mem = '1GB'`,
    `select lo_import('/etc/passwd')`,
  ]) {
    await t.rejects(client.query(sql), FORBIDDEN, sql)
  }
  await client.end()
})

for (const [role, member, higher] of [
  ['reader', reader, [logins.writer, logins.admin, 'pg_write_all_data', 'postgres']],
  ['writer', writer, [logins.reader, logins.admin, 'pg_read_all_data', 'postgres']],
  ['admin', admin, [logins.reader, logins.writer, 'pg_write_all_data', 'postgres']],
] as const) {
  void t.test(`the role ${role} is kept for the whole session`, async t => {
    const client = await connect(member)
    for (const name of higher) {
      await t.rejects(client.query(`set role ${name}`), FORBIDDEN)
      await t.rejects(client.query(`set session authorization ${name}`), FORBIDDEN)
      await t.rejects(client.query(`set local role ${name}`), FORBIDDEN)
      await t.rejects(client.query(`select set_config('role', '${name}', false)`), FORBIDDEN)
      await t.rejects(client.query(`grant ${name} to ${logins[role]}`), FORBIDDEN)
      if (!name.startsWith('pg_')) await t.rejects(client.query(`alter role ${name} password 'x'`), FORBIDDEN)
    }
    await client.query('reset role; set role none; reset session authorization')
    await client.query('discard all')
    const { rows } = await client.query('select current_user, session_user')
    t.strictSame(rows, [{ current_user: logins[role], session_user: logins[role] }])
    await client.end()
  })

  void t.test(`the role ${role} can not be changed at the start`, async t => {
    for (const name of higher) {
      await t.rejects(connect(member, { options: `-c role=${name}` }), FORBIDDEN)
      await t.rejects(connect(member, { options: `-c session_authorization=${name}` }), FORBIDDEN)
    }
  })
}

void t.test('the user of the start-up packet names the account, never a login of the server', async t => {
  for (const user of ['postgres', logins.admin, 'postern']) {
    await t.rejects(connect({ ...reader, name: user }), { code: '28P01' })
  }
})

void t.test('a writer changes rows, and can not make tables', async t => {
  const client = await connect(writer)
  await client.query(`insert into items values (9001, 'new'); update items set name = 'newer' where id = 9001`)
  t.match(await client.query('delete from items where id = 9001 returning name'), { rows: [{ name: 'newer' }] })
  for (const sql of [
    'create table mine (i int)',
    'alter table items add column x int',
    'drop table items',
    `update pg_authid set rolsuper = true`,
    `delete from pg_auth_members`,
  ]) {
    await t.rejects(client.query(sql), FORBIDDEN, sql)
  }
  await client.end()
})

void t.test('an admin makes tables, which a reader reads and a writer fills', async t => {
  const [owner, filler, onlooker] = [await connect(admin), await connect(writer), await connect(reader)]
  await owner.query('create table made (i int); create schema workshop; create table workshop.made (i int)')
  for (const table of ['made', 'workshop.made']) {
    await filler.query(`insert into ${table} values (1)`)
    t.match(await onlooker.query(`select * from ${table}`), { rows: [{ i: 1 }] })
    await t.rejects(onlooker.query(`insert into ${table} values (2)`), FORBIDDEN)
  }
  await t.rejects(owner.query('create role mine'), FORBIDDEN)
  await t.rejects(owner.query(`copy made to program 'true'`), FORBIDDEN)
  await Promise.all([owner, filler, onlooker].map(client => client.end()))
})
