// What a person may do in the organization, as an option.

import { Option } from 'commander'
import type { components } from '../sdk/openapi.js'

export type OrgRole = components['schemas']['User']['org_role']

/** `--role`, of a person in the organization. */
export function orgRoleOption(): Option {
  const meaning = 'admin: does all; member: makes keys and accounts; viewer: sees all'
  return new Option('--role <role>', meaning).choices(['admin', 'member', 'viewer']).makeOptionMandatory()
}
