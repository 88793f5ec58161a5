// The proxy as a whole: its listeners, and the drain that ends them.

import net from 'node:net'
import { isWithin } from '../model/network.js'
import { ClientGone } from './client.js'
import type { ListenerTerms } from './negotiate.js'
import { peerOf, readRealAddress, type ClientAddress } from './real-address.js'
import { serveClient, type House } from './session.js'
import { Visit } from './visit.js'

export interface ListenerAddress {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

/** A listener: where it is, whom it believes, what it offers. */
export interface Listener extends ListenerAddress, ListenerTerms {
  /** Networks of load balancers, whose connections begin with a PROXY protocol header. */
  readonly trustedProxies: readonly string[]
}

export interface ProxyOptions {
  readonly listeners: readonly Listener[]
  readonly maxConnections: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly house: Omit<House, 'closedFor'>
  /** Why no new session may begin, apart from draining. */
  readonly closedFor: () => 'starting' | 'list_stale' | null
}

/** Connections over the limit that are still let in, to be told so. Beyond them the kernel's queue waits no more. */
const ROOM_FOR_REFUSALS = 100

/** How often a drain looks for sessions that have become idle. */
const DRAIN_LOOK_MS = 50

/** Accepts that fail are told of no more often than this. */
const TELL_AGAIN_MS = 10_000

// A client that vanished without a word is found out by probes that start after this silence.
const KEEP_ALIVE_DELAY_MS = 60_000

export class Proxy {
  readonly #options: ProxyOptions
  readonly #house: House
  readonly #servers: net.Server[] = []
  readonly #addresses: ListenerAddress[] = []
  readonly #sockets = new Set<net.Socket>()
  /** When it was last told that a connection could not be accepted. */
  #acceptFailedAt = -Infinity
  /** No new session may begin. */
  #draining = false
  /** Nothing is waited for any more. */
  #closing = false

  constructor(options: ProxyOptions) {
    this.#options = options
    this.#house = {
      ...options.house,
      closedFor: () => (this.#draining ? 'draining' : options.closedFor()),
    }
  }

  /** Where it listens, in the order of the settings. */
  get addresses(): readonly ListenerAddress[] {
    return this.#addresses
  }

  /** Where it does not accept connections, by the settings: not yet, or no longer. */
  get closedListeners(): readonly ListenerAddress[] {
    return this.#options.listeners.filter((_, index) => this.#servers[index]?.listening !== true)
  }

  /** Begins to listen everywhere; answers the addresses in the order of the settings. Rejects with the system's error
   * of the first address that can't be had (EADDRINUSE, EACCES). */
  async listen(): Promise<readonly ListenerAddress[]> {
    for (const listener of this.#options.listeners) this.#addresses.push(await this.#listenOn(listener))
    return this.#addresses
  }

  /** Ends gracefully: takes no more connections, lets logins come to their end, ends sessions as they become idle, and the
   * rest at `timeoutMs`, or when `close` is called. Resolves when all are gone. */
  async drain({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    const { now, house } = this.#options
    const { sessions, counters } = house
    this.#draining = true
    const closed = this.#servers.map(server => new Promise(resolve => server.close(resolve)))
    const deadline = now() + timeoutMs
    while ((sessions.size > 0 || counters.loginsInFlight > 0) && now() < deadline && !this.#closing) {
      for (const session of sessions) if (session.isIdle) session.end('session_drained')
      await delay(DRAIN_LOOK_MS)
    }
    await this.close()
    await Promise.all(closed)
  }

  /** Ends everything now: sessions get their last words, everything else is cut. */
  async close(): Promise<void> {
    this.#draining = true
    this.#closing = true
    for (const server of this.#servers) if (server.listening) server.close()
    const { sessions } = this.#options.house
    const over = [...sessions].map(session => session.closed)
    for (const session of sessions) session.end('session_drained')
    await Promise.all(over)
    for (const socket of this.#sockets) socket.destroy()
  }

  #listenOn(listener: Listener): Promise<ListenerAddress> {
    const isBalancer = (address: string) => isWithin(address, listener.trustedProxies)
    const server = net.createServer(
      // Half-open, because a client may say its last and still read; no delay, because messages are small.
      { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS },
      socket => {
        limit()
        this.#accept(socket, listener, isBalancer)
      },
    )
    // It may change while we listen: then it holds from the next connection on, or from the next that finds no room.
    const limit = () => void (server.maxConnections = this.#options.maxConnections + ROOM_FOR_REFUSALS)
    limit()
    server.on('drop', limit)
    this.#servers.push(server)
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: listener.host, port: listener.port }, () => {
        server.off('error', reject)
        server.on('error', error => this.#acceptFailed(error))
        const address = server.address() as net.AddressInfo
        resolve({ host: address.address, port: address.port })
      })
    })
  }

  /** Tells of it once in a while: it may happen for each connection that comes. */
  #acceptFailed(error: Error): void {
    const now = this.#options.now()
    if (now - this.#acceptFailedAt < TELL_AGAIN_MS) return
    this.#acceptFailedAt = now
    this.#house.events.failed('accepting a connection', error)
  }

  #accept(socket: net.Socket, terms: ListenerTerms, isBalancer: (address: string) => boolean): void {
    const peer = peerOf(socket)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (!isBalancer(peer.address)) return this.#serve(socket, terms, peer)
    readRealAddress(socket, this.#house.timeouts.startupMs).then(
      client => this.#serve(socket, terms, client),
      (error: unknown) => {
        if (!(error instanceof ClientGone))
          this.#house.events.failed(`reading the PROXY protocol header of ${peer.address}`, error)
        socket.destroy()
      },
    )
  }

  #serve(socket: net.Socket, terms: ListenerTerms, client: ClientAddress): void {
    const { counters, events } = this.#house
    if (counters.isFlooding(client.address)) return void socket.destroy()
    const leave = counters.enter(client.address)
    socket.once('close', leave)
    events.accepted()
    const visit = new Visit(client, this.#options.now)
    serveClient(socket, terms, visit, this.#house).catch((error: unknown) => {
      events.failed('serving a client', error)
      socket.destroy()
    })
  }
}

function delay(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
