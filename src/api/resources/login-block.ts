// A network whose logins are refused, as the API shows it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { LoginBlock } from '../../store/login-blocks.js'
import { Time, toTime } from '../schema-types.js'

export const LoginBlockParams = Type.Object({
  address: Type.String({
    minLength: 1,
    maxLength: 64,
    description: 'An address, or a network, percent-encoded: 192.0.2.0%2F24.',
  }),
})

const LoginBlockSchema = Type.Object(
  {
    network: Type.String({ description: 'As in 192.0.2.7/32.' }),
    bad_tokens: Type.Integer({ description: 'That it showed, on the instance that counted most.' }),
    since: Time,
    until: { ...Time, description: 'When it may try again by itself.' },
    instances: Type.Integer({ description: 'How many instances refuse it.' }),
  },
  { title: 'LoginBlock' },
)

export const LoginBlocksSchema = Type.Object({ items: Type.Array(LoginBlockSchema) }, { title: 'LoginBlocks' })

export const RemovedLoginBlocksSchema = Type.Object(
  {
    items: Type.Array(LoginBlockSchema, { description: 'The blocks that there were.' }),
    seq: Type.Integer({ description: 'The change: GET /v1/instances?seq= tells where it is in force.' }),
  },
  { title: 'RemovedLoginBlocks' },
)

export function showLoginBlock(block: LoginBlock): Static<typeof LoginBlockSchema> {
  return {
    network: block.network,
    bad_tokens: block.badTokens,
    since: toTime(block.since),
    until: toTime(block.until),
    instances: block.instances,
  }
}
