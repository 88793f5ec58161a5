// The networks whose logins the proxy refuses, as they showed too many bad tokens: listed, and let in again.

import { formatNetwork, masked, parseNetwork } from '../../model/network.js'
import { listBlocks, removeBlock } from '../../store/login-blocks.js'
import { change } from '../audit-trail.js'
import { Problem } from '../problem.js'
import {
  LoginBlockParams,
  LoginBlocksSchema,
  RemovedLoginBlocksSchema,
  showLoginBlock,
} from '../resources/login-block.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['login blocks']

/** Blocks of one answer, and of one removal. */
const MAX_BLOCKS = 1_000

export function loginBlockRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/login-blocks',
    {
      config: { permission: 'observer' },
      schema: {
        operationId: 'listLoginBlocks',
        tags: TAGS,
        summary: 'List the networks whose logins are refused',
        description:
          'They have shown as many bad tokens as failed_logins.per_network allows. Each instance counts for itself, and ' +
          'reports within sessions.report. At most 1,000, the oldest first.',
        response: { 200: LoginBlocksSchema },
      },
    },
    async () => ({ items: (await listBlocks(store, { limit: MAX_BLOCKS })).map(showLoginBlock) }),
  )

  app.delete(
    '/login-blocks/:address',
    {
      config: { permission: 'admin', audit: 'login-block.remove', problems: ['login_block_not_found'] },
      schema: {
        operationId: 'removeLoginBlock',
        tags: TAGS,
        summary: 'Let a network try again',
        description:
          'The one that the address is in, or all that are in the network; on all instances, within a second as a rule. What it showed is forgotten.',
        params: LoginBlockParams,
        response: { 202: RemovedLoginBlocksSchema },
      },
    },
    async (request, reply) => {
      const network = parseNetwork(request.params.address)
      if (!network) throw new Problem('login_block_not_found')
      const within = formatNetwork(masked(network))
      const removed = await change(store, request, async (tx, note) => {
        const items = (await listBlocks(tx, { limit: MAX_BLOCKS, within })).map(showLoginBlock)
        if (items.length === 0) throw new Problem('login_block_not_found')
        let seq = 0
        for (const block of items) seq = await removeBlock(tx, block.network)
        note({ target: within, before: { items } })
        return { items, seq }
      })
      reply.code(202)
      return removed
    },
  )
}
