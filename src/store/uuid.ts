// Ids of accounts and databases are UUIDs (RFC 9562). What is not one can not be found, and PostgreSQL would say so with
// an error instead of with no rows.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Tells whether a text has the form of a UUID, of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}
