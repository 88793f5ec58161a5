// Idle sessions: how much memory does each take in the proxy?
//
// The database here is an imitation that lets everyone in and answers every query with 256 KiB, because a thousand real
// sessions would take gigabytes of a real one. 200 sessions are opened to warm up, and 1,000 more to be counted, once
// right after their login, once after each has had an answer. Counted is private memory (RssAnon) that was added.

import net from 'node:net'
import { authenticationOk, parameterStatus, readyForQuery } from '../../src/wire/backend.js'
import { frame } from '../../src/wire/frame.js'
import { PacketReader } from '../../src/wire/packets.js'
import { connect, drink } from './client.js'
import { haproxy, pgbouncer } from './others.js'
import { memoryKib, pause } from './process.js'
import { printTable, type Figures } from './rounds.js'
import { testServer } from '../support/postgres.js'
import type { Contender, Stage } from './stage.js'
import type { Leg } from '../../src/upstream/leg.js'

const WARM_UP_SESSIONS = 200
const SESSIONS = 1_000
const AT_A_TIME = 20
/** For garbage to be collected. */
const SETTLE_MS = 1_500
const ANSWER_BYTES = 262_144

export async function memory(stage: Stage): Promise<void> {
  const server = await testServer(stage)
  const upstream = { port: await imitate(stage), dbname: 'bench', login: { user: 'nobody', password: 'nothing' } }
  const house = await stage.house(await server.freshDatabase(), upstream)
  const posterns = await stage.posterns(house)
  const contenders = [
    ...posterns.map(({ scram }) => scram),
    ...(await pgbouncer(stage, upstream)),
    ...(await haproxy(stage, upstream)),
  ]
  const figures = new Map<Contender, Figures[]>()
  for (const contender of contenders) figures.set(contender, [await measure(contender, contender.pid ?? 0)])
  // On processes that no session has touched yet.
  for (const { tls } of await stage.posterns(house)) figures.set(tls, [await measure(tls, tls.pid ?? 0)])
  printTable(`Memory of ${SESSIONS} idle sessions`, figures, [
    { title: 'process MiB, before', figure: 'before', digits: 0 },
    { title: 'KiB a session', figure: 'fresh', digits: 1 },
    { title: 'KiB a session after an answer', figure: 'used', digits: 1 },
  ])
}

async function measure(contender: Contender, pid: number): Promise<Figures> {
  const sessions = await open(contender, WARM_UP_SESSIONS)
  await pause(SETTLE_MS)
  const before = memoryKib(pid)
  const counted = await open(contender, SESSIONS)
  await pause(SETTLE_MS)
  const fresh = (memoryKib(pid) - before) / SESSIONS
  await inTurns(counted, leg => drink(leg, 'select'))
  await pause(SETTLE_MS)
  const used = (memoryKib(pid) - before) / SESSIONS
  for (const leg of [...sessions, ...counted]) leg.destroy()
  return { before: before / 1024, fresh, used }
}

async function open(contender: Contender, sessions: number): Promise<Leg[]> {
  const legs: Leg[] = []
  await inTurns(Array.from({ length: sessions }), async () => legs.push(await connect(contender)))
  return legs
}

async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_A_TIME) await Promise.all(items.slice(at, at + AT_A_TIME).map(act))
}

/** Listens as a database that asks for no password. */
async function imitate(stage: Stage): Promise<number> {
  const welcome = Buffer.concat([authenticationOk(), parameterStatus('server_version', '18.0'), readyForQuery('I')])
  const answer = Buffer.concat([
    frame('D', Buffer.alloc(ANSWER_BYTES)),
    frame('C', Buffer.from('SELECT 1\0')),
    readyForQuery('I'),
  ])
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ noDelay: true }, socket => {
    const packets = new PacketReader()
    let isIn = false
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    socket.on('data', chunk => {
      packets.push(chunk)
      if (!isIn && packets.readStartup()) {
        isIn = true
        socket.write(welcome)
      }
      for (let message = isIn && packets.readMessage(1_000); message; message = packets.readMessage(1_000)) {
        if (message.type === 'Q') socket.write(answer)
        if (message.type === 'X') socket.end()
      }
    })
  })
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  stage.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  return (server.address() as net.AddressInfo).port
}
