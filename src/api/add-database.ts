// Registers a database: its logins are made or given, and proved, before they are kept.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Role } from '../auth/account.js'
import type { Login } from '../auth/database.js'
import { addDatabase as storeDatabase, getDatabaseByName } from '../store/databases.js'
import { setGrant } from '../store/grants.js'
import { StoreError } from '../store/store-error.js'
import { create } from './idempotency.js'
import { Problem } from './problem.js'
import type { Proof, UpstreamAddress } from './provisioner.js'
import { showDatabase, type AddedDatabaseSchema, type NewDatabaseSchema } from './resources/database.js'
import { showProof } from './resources/proof.js'
import type { ApiParts } from './server.js'
import { invalidRequest } from './validation.js'

type NewDatabase = Static<typeof NewDatabaseSchema>

interface Access {
  readonly address: UpstreamAddress
  readonly logins: Readonly<Record<Role, Login>>
  readonly notes: readonly string[]
}

/** The person who adds a database gets the role admin on it: they hold its keys already, and whoever makes accounts for
 * machines can give no more than they have.
 * @throws Problem `invalid_request`, `name_taken`, `database_is_store`, `proof_failed`, ProvisionerError, StoreError */
export async function addDatabase(
  parts: ApiParts,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  wanted: NewDatabase,
): Promise<Static<typeof AddedDatabaseSchema>> {
  const { store, sealer, provisioner } = parts
  const { account } = request.caller
  // A machine's groups decide what it reaches.
  const role = account.kind === 'personal' ? 'admin' : null
  // Before anything is done on its server; the store has the last word.
  if (await isRegistered(parts, wanted.name)) throw new Problem('name_taken')
  const { address, logins, notes } = await accessTo(parts, wanted)
  const upstream = { ...pickAddress(address), logins }
  const proof = await provisioner.prove(upstream)
  if (proof.isStore) throw new Problem('database_is_store')
  if (!proof.ok) throw proofFailed(proof)
  return create(store, { request, reply }, async (tx, note) => {
    const added = { name: wanted.name, announce: wanted.announce ?? true, ...upstream }
    const stored = await storeDatabase(tx, sealer, added)
    if (role) await setGrant(tx, { accountId: account.id, databaseId: stored.id, role })
    const database = showDatabase(stored, role)
    note({ target: stored.name, after: database })
    const location = `/v1/databases/${encodeURIComponent(stored.name)}`
    return { location, shown: { database, proof: showProof(proof), notes: [...notes] } }
  })
}

async function accessTo({ provisioner }: ApiParts, request: NewDatabase): Promise<Access> {
  const { name, url, logins, provision } = request
  const sslRootCert = request.ssl_root_cert ?? null
  if ((logins === undefined) !== (provision === true)) throw loginsOrProvision()
  if (logins === undefined) return provisioner.provision({ name, url, sslRootCert })
  return { address: await provisioner.parseUrl(url, sslRootCert), logins, notes: [] }
}

// Nothing else of what a provisioner answers: credentials of the URL are not kept.
function pickAddress({ host, port, dbname, sslMode, sslRootCert }: UpstreamAddress): UpstreamAddress {
  return { host, port, dbname, sslMode, sslRootCert }
}

async function isRegistered({ store }: ApiParts, name: string): Promise<boolean> {
  try {
    await getDatabaseByName(store, name)
    return true
  } catch (error) {
    if (error instanceof StoreError && error.code === 'not_found') return false
    throw error
  }
}

function loginsOrProvision(): Problem {
  const problem = 'give either the three logins or `provision: true`'
  return invalidRequest([
    { field: 'logins', problem, hint: 'With `provision: true`, Postern makes the logins as the user of the URL.' },
  ])
}

function proofFailed({ findings }: Proof): Problem {
  const failed = findings
    .filter(finding => !finding.ok)
    .map(({ role, check, detail, hint }) => `${role}: ${check}: ${detail}${hint === null ? '' : ` (${hint})`}`)
  return new Problem('proof_failed', `${failed.join('; ')}.`, { facts: { findings: [...findings] } })
}
