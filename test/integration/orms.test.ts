// Drizzle, over both of its drivers, Sequelize and Knex: what they send is their own affair, it has to work.

import { asc, eq, gt, sql } from 'drizzle-orm'
import { drizzle as overPg } from 'drizzle-orm/node-postgres'
import { integer, numeric, pgTable, text } from 'drizzle-orm/pg-core'
import { drizzle as overPostgresJs } from 'drizzle-orm/postgres-js'
import knex from 'knex'
import pg from 'pg'
import postgres from 'postgres'
import { DataTypes, Op, Sequelize } from 'sequelize'
import t from 'tap'
import { makeShop, ITEMS } from './shop.js'

const shop = await makeShop(t)
const { world, writer, reader } = shop

const items = pgTable('items', {
  id: integer().primaryKey(),
  name: text().notNull(),
  price: numeric().notNull().default('1'),
})

void t.test('drizzle over pg', async t => {
  const pool = new pg.Pool({ connectionString: world.uri(writer), max: 2 })
  t.teardown(() => pool.end())
  const db = overPg(pool)
  t.match(await db.select().from(items).where(eq(items.id, 7)), [{ id: 7, name: 'item 7', price: '1.75' }])
  t.strictSame(await db.insert(items).values({ id: 7001, name: 'new' }).returning(), [
    { id: 7001, name: 'new', price: '1' },
  ])
  const failed = db.transaction(async tx => {
    await tx.insert(items).values({ id: 7002, name: 'undone' })
    await tx.transaction(inner => inner.update(items).set({ name: 'undone' }).where(eq(items.id, 7001)))
    tx.rollback()
  })
  await t.rejects(failed, /Rollback/)
  t.match(await db.select({ name: items.name }).from(items).where(gt(items.id, 7000)), [{ name: 'new' }])
})

void t.test('drizzle over postgres.js', async t => {
  const client = postgres(world.uri(writer, { query: '' }), { max: 2 })
  t.teardown(() => client.end())
  const db = overPostgresJs(client)
  await db.transaction(async tx => {
    await tx.insert(items).values({ id: 8001, name: 'kept' })
    const failed = tx.transaction(async inner => {
      await inner.insert(items).values({ id: 8002, name: 'undone' })
      throw new Error('on purpose')
    })
    await failed.catch(() => {})
  })
  const prepared = db
    .select()
    .from(items)
    .where(gt(items.id, sql.placeholder('from')))
    .orderBy(asc(items.id))
    .prepare('p')
  t.match(await prepared.execute({ from: 8000 }), [{ name: 'kept' }])
  t.match(await prepared.execute({ from: ITEMS - 1 }), [{ id: ITEMS }])
})

void t.test('sequelize: tables made by the admin, rows by the writer, none by the reader', async t => {
  const as = ({ name, token }: { name: string; token: string }) => {
    const connection = { host: '127.0.0.1', port: world.port(), dialect: 'postgres', logging: false } as const
    const db = new Sequelize('shop', name, token, { ...connection, pool: { max: 2, min: 0 } })
    t.teardown(() => db.close())
    const note = db.define('note', { text: { type: DataTypes.STRING, allowNull: false }, stars: DataTypes.INTEGER })
    return { db, note }
  }
  await as(shop.admin).db.sync()
  const { db, note } = as(writer)
  await note.bulkCreate([
    { text: 'one', stars: 1 },
    { text: 'two', stars: 2 },
  ])
  const failed = db.transaction(async transaction => {
    await note.update({ stars: 5 }, { where: { text: 'one' }, transaction })
    await note.create({ stars: 1 }, { transaction })
  })
  await t.rejects(failed, { name: 'SequelizeValidationError' })
  const found = await note.findAndCountAll({ where: { stars: { [Op.gt]: 0 } }, order: ['id'], raw: true })
  t.match(found, {
    count: 2,
    rows: [
      { text: 'one', stars: 1 },
      { text: 'two', stars: 2 },
    ],
  })
  await t.rejects(as(reader).note.create({ text: 'three' }), {
    name: 'SequelizeDatabaseError',
    parent: { code: '42501' },
  })
})

void t.test('knex', async t => {
  const db = knex({ client: 'pg', connection: world.uri(writer), pool: { min: 0, max: 2 } })
  t.teardown(() => db.destroy())
  t.match(await db('items').where({ id: 7 }).select('name'), [{ name: 'item 7' }])
  t.strictSame(await db('items').insert({ id: 9001, name: 'new' }).returning('id'), [{ id: 9001 }])
  const failed = db.transaction(async trx => {
    await trx('items').where({ id: 9001 }).update({ name: 'undone' })
    await trx('items').insert({ id: 9001, name: 'twice' })
  })
  await t.rejects(failed, { code: '23505' })
  t.match(await db('items').where('id', '>', 9000), [{ name: 'new' }])
  t.equal((await db('items').where('id', '<=', ITEMS)).length, ITEMS)
})

void t.test('a builder that may not write tells it with the SQLSTATE', async t => {
  const db = knex({ client: 'pg', connection: world.uri(reader), pool: { min: 0, max: 1 } })
  t.teardown(() => db.destroy())
  await t.rejects(db('items').del(), { code: '42501' })
})
