// Search in lists: a row matches when one of its texts contains what is searched for, in either case.

/** Returns an SQL condition: the parameter is null, or one of the columns contains its text. `strpos` has no wildcards, so
 * `%` and `_` are literal. Names have the collation "C", which lowers ASCII letters only; the database's default collation
 * lowers what its locale knows.
 *
 * No index is used: the scan of the names of 10,000 accounts takes 10 ms (EXPLAIN ANALYZE, Postgres 18), as long as a page
 * without a search. What else a list shows is computed for the rows of the page only.
 */
export function searchSql(parameter: `$${number}`, columns: readonly string[]): string {
  const contains = columns.map(
    column => `strpos(lower(${column} collate "default"), lower(${parameter}::text collate "default")) > 0`,
  )
  return `(${parameter}::text is null or ${contains.join(' or ')})`
}
