// The few shapes that every schema of the API is made of, in JSON Schema 2020-12 as OpenAPI 3.1 uses it.

import { Type } from 'typebox'
import type { Static, TSchema, TUnsafe } from 'typebox'
import { ROLES, type Role } from '../auth/account.js'

/** The same, or null. */
export function nullable<T extends TSchema & { type: string }>(schema: T): TUnsafe<Static<T> | null> {
  const values = 'enum' in schema && Array.isArray(schema.enum) ? { enum: [...(schema.enum as unknown[]), null] } : {}
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'], ...values })
}

/** One of these words. */
export function choice<const T extends string>(values: readonly T[], options: { description?: string } = {}) {
  return Type.Unsafe<T>(Type.String({ enum: [...values], ...options })) as TUnsafe<T> & { type: 'string' }
}

/** An object that takes no other fields, so that a misspelt one is a mistake and not ignored. */
export function body<T extends Record<string, TSchema>>(
  properties: T,
  options: { title: string; description?: string },
) {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

export const RoleName = choice(ROLES, { description: 'reader < writer < admin' })
export const NullableRole = nullable<TUnsafe<Role> & { type: 'string' }>(RoleName)

/** Text for people: PostgreSQL's text can hold all but the zero byte. */
export const freeText = (maxLength: number, description: string) =>
  Type.String({ maxLength, pattern: '^[^\\u0000]*$', description })

/** Times leave the API in ISO 8601, in UTC. */
export const Time = Type.String({ format: 'date-time' })
export const NullableTime = nullable(Time)

// The years of RFC 3339, section 5.6. timestamptz holds more, infinity too.
const FIRST_TIME = Date.parse('0000-01-01T00:00:00Z')
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z')

/** Formats a time; one that the format cannot express becomes the nearest that it can. */
export function toTime(epochMs: number): string {
  return new Date(Math.min(Math.max(epochMs, FIRST_TIME), LAST_TIME)).toISOString()
}

export function toNullableTime(epochMs: number | null): string | null {
  return epochMs === null ? null : toTime(epochMs)
}

// The names' forms, as the store checks them too (migrations/0001_tables.sql).
export const ServiceAccountName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
  description: 'Up to 63 lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
})
export const DatabaseName = Type.String({
  pattern: '^[a-z0-9][a-z0-9_-]{0,62}(/[a-z0-9][a-z0-9_-]{0,62})?$',
  description: '`shop` or `owner/shop`: lower-case letters, digits, dashes and underscores, up to 63 each.',
})

export const GroupName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
  description: 'Up to 63 lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
})

/** In either case: it is stored in lower case. */
export const EmailAddress = Type.String({
  maxLength: 254,
  // No control characters, for a terminal shows it; service accounts have the rest to themselves.
  pattern: '^[^@\\s\\u0000-\\u001f\\u007f]+@(?!service\\.postern\\.invalid$)[^@\\s\\u0000-\\u001f\\u007f]+$',
  description: 'An e-mail address: name@example.com.',
})

/** A name in a path: looked up, so any form will do. */
const NameInPath = (description: string) => Type.String({ minLength: 1, maxLength: 254, description })
export const DatabaseParams = Type.Object({ name: NameInPath("The database's name, percent-encoded: owner%2Fshop.") })
export const ServiceAccountParams = Type.Object({ name: NameInPath("The service account's name.") })
export const UserParams = Type.Object({ email: NameInPath("The person's e-mail address.") })
export const AccountParams = Type.Object({
  account: NameInPath("The account's name: a service account's name or a person's e-mail address."),
})
export const GroupParams = Type.Object({ group: NameInPath("The group's name.") })
export const KeyParams = Type.Object({
  id: Type.String({ pattern: '^[0-9A-Za-z]{12}$', description: "The key's id: the 12 characters after `pstn_`." }),
})

/** What an action or a deletion answers that has nothing to tell: 204. */
export const Nothing = Type.Null({ description: 'Done.' })
