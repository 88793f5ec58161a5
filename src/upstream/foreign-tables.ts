// The foreign tables through which a login reaches what is outside of its database. A foreign table needs no right to its server
// or wrapper, only one to the table and, as postgres_fdw demands, a user mapping. Manual, "Foreign Data" and CREATE USER MAPPING.

import type { Run } from './run-as.js'

export interface ForeignTable {
  /** Qualified, and quoted where needed. */
  readonly name: string
  /** Its foreign-data wrapper, quoted where needed. */
  readonly wrapper: string
  readonly isPostgres: boolean
  /** The statements that end the access, for a superuser. Tables of one server may share them. */
  readonly ends: readonly string[]
}

export interface ForeignTables {
  /** In order of their names: the first `limit` of them. */
  readonly tables: readonly ForeignTable[]
  readonly total: number
}

/** Lists the foreign tables that the login of this session may read or write. A table of postgres_fdw counts only with a user
 * mapping: without one no connection is made. Other wrappers count always, as file_fdw and many more need none.
 * Views and functions are not followed: they may use the rights and the mapping of their owner, as their owner decided.
 * @throws QueryError, UpstreamError */
export async function foreignTables(run: Run, limit: number): Promise<ForeignTables> {
  const rows = await run(`${FOREIGN_TABLES} LIMIT ${limit}`)
  const tables = rows.map(row => ({
    name: row['name'] ?? '',
    wrapper: row['wrapper'] ?? '',
    isPostgres: row['is_postgres'] === 't',
    ends: JSON.parse(row['ends'] ?? '[]') as string[],
  }))
  return { tables, total: Number(rows[0]?.['total'] ?? 0) }
}

// identity: the login, and the roles that it may become by SET ROLE; each has rights and mappings of its own. SET came with 16, and
//   a server refuses the name of a privilege that it does not know.
// path: a query of a parent reads its foreign partitions and children by the right to the parent alone.
// reached: has_table_privilege knows pg_read_all_data and pg_write_all_data, which need no grant.
// A mapping can always be dropped. A right can be revoked only where it was granted by the owner to someone, on the table itself.
const FOREIGN_TABLES = `
  WITH RECURSIVE identity AS MATERIALIZED (
    SELECT oid FROM pg_roles
     WHERE CASE WHEN current_setting('server_version_num')::int >= 160000
                THEN pg_has_role(oid, 'SET') ELSE pg_has_role(oid, 'MEMBER') END
  ), path AS (
    SELECT ftrelid AS relation, ftrelid AS through FROM pg_foreign_table
     UNION SELECT p.relation, i.inhparent FROM path p JOIN pg_inherits i ON i.inhrelid = p.through
  ), reached AS MATERIALIZED (
    SELECT p.relation, p.through, i.oid AS role
      FROM path p JOIN pg_class t ON t.oid = p.through CROSS JOIN identity i
     WHERE has_schema_privilege(i.oid, t.relnamespace, 'USAGE')
       AND (has_table_privilege(i.oid, t.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
            OR has_any_column_privilege(i.oid, t.oid, 'SELECT, INSERT, UPDATE'))
  ), found AS (
    SELECT c.oid, c.relowner, s.oid AS server, s.srvname, quote_ident(w.fdwname) AS wrapper,
           quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
           coalesce(h.proname = 'postgres_fdw_handler', false) AS is_postgres
      FROM pg_foreign_table f
      JOIN pg_class c ON c.oid = f.ftrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_foreign_server s ON s.oid = f.ftserver
      JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
      LEFT JOIN pg_proc h ON h.oid = w.fdwhandler
     WHERE c.oid IN (SELECT relation FROM reached)
  ), grants AS (
    SELECT g.relation, g.owner, a.grantor,
           CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee
      FROM (SELECT c.oid AS relation, c.relowner AS owner, c.relacl AS acl FROM pg_class c WHERE c.relkind = 'f'
             UNION ALL
            SELECT c.oid, c.relowner, t.attacl FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid
             WHERE c.relkind = 'f') g, aclexplode(g.acl) a
     WHERE a.grantee = 0 OR pg_has_role(a.grantee, 'MEMBER')
  )
  SELECT name, wrapper, is_postgres, ends, count(*) OVER () AS total
    FROM (
      SELECT f.name, f.wrapper, f.is_postgres,
             CASE WHEN f.is_postgres THEN (
                    SELECT json_agg(DISTINCT 'DROP USER MAPPING FOR '
                             || CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(m.umuser)) END
                             || ' SERVER ' || quote_ident(f.srvname) || ';')
                      FROM pg_user_mappings m
                     WHERE m.srvid = f.server
                       AND (m.umuser = 0
                            OR EXISTS (SELECT FROM reached r WHERE r.relation = f.oid AND r.role = m.umuser)))
                  WHEN pg_has_role(f.relowner, 'MEMBER')
                       OR pg_has_role('pg_read_all_data', 'MEMBER') OR pg_has_role('pg_write_all_data', 'MEMBER')
                       OR EXISTS (SELECT FROM reached r WHERE r.relation = f.oid AND r.through <> f.oid)
                       OR EXISTS (SELECT FROM grants g WHERE g.relation = f.oid AND g.grantor <> g.owner)
                  THEN json_build_array('DROP FOREIGN TABLE ' || f.name || ';')
                  ELSE (SELECT json_build_array('REVOKE ALL ON TABLE ' || f.name || ' FROM '
                                 || string_agg(DISTINCT g.grantee, ', ') || ';')
                          FROM grants g WHERE g.relation = f.oid)
             END::text AS ends
        FROM found f) ending
   WHERE ends IS NOT NULL ORDER BY name`
