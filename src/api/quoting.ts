// Puts names into the places of connection strings, each by the rules of that place. Names are hostile until quoted: an
// e-mail address may hold almost any sign.

/** For user and password in a URI, RFC 3986 s.2.1: also the marks that encodeURIComponent leaves, so that
 * the URI can stand between single quotes in a shell. */
export function uriPart(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** For a database in a URI. The slash stays one: libpq and pgx read both forms, node-postgres, postgres.js and
 * SQLAlchemy don't decode it. */
export function uriDatabase(text: string): string {
  return uriPart(text).replaceAll('%2F', '/')
}

/** For a host in a URI: addresses of IPv6 in brackets, RFC 3986 s.3.2.2. */
export function uriHost(host: string): string {
  return host.includes(':') ? `[${host}]` : uriPart(host)
}

/** For a query in a URI; slashes of paths stay readable, as RFC 3986 s.3.4 allows. */
export function uriQuery(parameters: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== null)
  return given.map(([name, value]) => `${uriPart(name)}=${uriPart(value).replaceAll('%2F', '/')}`).join('&')
}

/** For libpq's key/value form: PostgreSQL manual, "Keyword/Value Connection Strings". */
export function dsnValue(text: string): string {
  return /^[^\s'\\=]+$/.test(text) ? text : `'${text.replace(/['\\]/g, sign => `\\${sign}`)}'`
}

/** For a field of ~/.pgpass: PostgreSQL manual, "The Password File". */
export function pgpassField(text: string): string {
  return text.replace(/[:\\]/g, sign => `\\${sign}`)
}

/** For ADO.NET's form, as DbConnectionStringBuilder reads it. */
export function adoValue(text: string): string {
  return /^[^\s;='"]+$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`
}

/** For a POSIX shell: one word, whatever is in it. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
