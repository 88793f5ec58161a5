// How to connect an account to a database: everything but the token.

import { Type } from 'typebox'
import type { FastifyRequest } from 'fastify'
import type { AccountRecord } from '../../auth/account.js'
import { decide, isStranded } from '../../auth/policy.js'
import { AccountRecords } from '../../store/account-records.js'
import { findAccount, findDatabase } from '../access.js'
import type { Caller } from '../authorize.js'
import { connectionInfo } from '../connection-info.js'
import { Problem } from '../problem.js'
import { ConnectionSchema } from '../resources/connection.js'
import { DatabaseParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const ConnectQuery = Type.Object(
  {
    account: Type.Optional(
      Type.String({ minLength: 1, maxLength: 254, description: 'An account that you manage. Default: your own.' }),
    ),
  },
  { additionalProperties: false },
)

export function connectRoutes(app: Api, { store, connect }: ApiParts): void {
  app.get(
    '/databases/:name/connect',
    {
      config: { permission: 'account', problems: ['database_not_found', 'account_not_found', 'no_access'] },
      schema: {
        operationId: 'getConnection',
        tags: ['databases'],
        summary: 'Show how to connect an account to a database',
        description:
          'For psql, drivers, ORMs and other tools. `<token>` stands for the token, which is not known here.',
        params: DatabaseParams,
        querystring: ConnectQuery,
        response: { 200: ConnectionSchema },
      },
    },
    async request => {
      const { caller, params, query } = request
      const account = query.account ?? caller.account.name
      const record = await recordOf(account, caller)
      // Before the database is looked for: the one that is asked for may be the one that was removed.
      if (isStranded(record)) throw stranded(account)
      const database = await findDatabase(store, caller, params.name)
      const role = decide(record, database.name)?.role
      if (!role) throw noAccess(record, database.name)
      return connectionInfo({
        host: connect.host() ?? calledHost(request),
        port: connect.port(),
        tls: connect.tls,
        caFile: connect.caFile,
        database: database.name,
        account,
        role,
      })
    },
  )

  async function recordOf(name: string, caller: Caller): Promise<AccountRecord> {
    if (name === caller.account.name) return caller.record
    await findAccount(store, caller, name, 'see')
    const { value } = await new AccountRecords(store).loadAccount(name)
    if (!value) throw new Problem('account_not_found')
    return value
  }
}

function stranded(account: string): Problem {
  const hint = 'A pinned account cannot be edited: create a new one.'
  return new Problem('no_access', `${account} reaches no database: its databases were removed.`, { hint })
}

function noAccess({ name, scope }: AccountRecord, database: string): Problem {
  const hint = 'A pinned account cannot be edited: choose a database that it reaches, or create a new account.'
  return new Problem('no_access', `${name} has no role on ${database}.`, scope.type === 'pinned' ? { hint } : {})
}

/** The host by which the API was called. A caller who sends something else than a host gets a host that is none of
 * theirs: the answer is made to be pasted into a shell. */
function calledHost({ hostname }: FastifyRequest): string {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return /^[0-9A-Za-z][0-9A-Za-z.-]*$|^[0-9A-Fa-f:.]+$/.test(host) ? host : 'localhost'
}
