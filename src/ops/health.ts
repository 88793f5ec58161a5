// The metrics port: /metrics for Prometheus, /livez and /readyz for whoever runs and routes to this instance.
// It tells names of databases and counts, no secrets; it has no login, so it belongs on an internal network.

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Metrics } from './metrics.js'
import type { Verdict } from './readiness.js'

/** A probe and a few scrapers; more than that is somebody who should not be here. */
const MAX_CONNECTIONS = 100
const REQUEST_TIMEOUT_MS = 5_000
const MAX_HEADER_BYTES = 8_192

export interface ReadyAnswer extends Verdict {
  /** What it rests on, in numbers: for a person to read too. */
  readonly details?: Readonly<Record<string, unknown>>
}

export interface HealthOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly metrics: Pick<Metrics, 'render' | 'contentType'>
  /** Whether new connections should come here. */
  readonly isReady: () => ReadyAnswer
  /** Whether the process is worth keeping: false asks for a restart. */
  readonly isLive: () => boolean
}

export interface HealthServer {
  readonly port: number
  /** Stops at once; open requests are cut. */
  close(): Promise<void>
}

/** Starts the metrics port. Rejects when the address can't be listened on. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => {
      answer(options, request, response).catch(() => {
        // What failed may hold anything, so the caller only learns that it failed.
        if (response.headersSent) response.destroy()
        else sendJson(response, 500, { error: 'internal error' })
      })
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  await listen(server, options)
  // Without a listener an accept that fails would end the process; that descriptors are short is told of elsewhere.
  server.on('error', () => {})
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

async function answer(options: HealthOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    sendJson(response, 405, { error: 'only GET and HEAD' })
    return
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/metrics':
      send(response, 200, options.metrics.contentType, await options.metrics.render())
      return
    case '/livez': {
      const live = options.isLive()
      sendJson(response, live ? 200 : 503, { live })
      return
    }
    case '/readyz': {
      const { ready, reasons, details } = options.isReady()
      sendJson(response, ready ? 200 : 503, { ready, reasons, ...details })
      return
    }
    default:
      sendJson(response, 404, { error: 'there are /metrics, /livez and /readyz' })
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`)
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    // An old answer would keep traffic on an instance that is no longer ready.
    'Cache-Control': 'no-store',
  })
  // Node.js leaves the body out of the answer to HEAD.
  response.end(body)
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}
