// What the tests of provisioning and proof share.

import type { Finding, Proof } from '../../src/upstream/prove.js'
import { prove } from '../../src/upstream/prove.js'
import type { Logins } from '../../src/upstream/provision.js'
import type { Access } from '../../src/upstream/run-as.js'
import type { Server } from './servers.js'

export const TABLES = 'CREATE SCHEMA shop; CREATE TABLE shop.orders (id int); CREATE SEQUENCE shop.numbers'

export function access({ target }: Server, dbname: string, login: { user: string; password: string }): Access {
  return { target, dbname, ...login }
}

export function proof({ target }: Server, dbname: string, logins: Logins): Promise<Proof> {
  return prove({ target, dbname, logins })
}

export function failed({ findings }: Proof): Finding[] {
  return findings.filter(({ ok }) => !ok)
}

export function q(name: string): string {
  return `"${name}"`
}
