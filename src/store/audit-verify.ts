// Walks the audit log's chain and finds the first row that is not as it was written. How it is made:
// migrations/0005_audit.sql. Who could rewrite all of it, the newest hash included, is found out by a head noted earlier.

import type { Executor } from './pool.js'

/** A row's number and hash. The newest is the head: note it elsewhere, and all before it can be vouched for later. */
export interface AuditHead {
  readonly seq: number
  /** 64 hexadecimal digits. */
  readonly hash: string
}

export type AuditProblemKind =
  /** The row, or its hash, is not what was written. */
  | 'altered'
  /** There is no row with this number, and there are later ones. */
  | 'missing'
  /** The row stood elsewhere. */
  | 'reordered'
  /** The log ends before this row. */
  | 'cut_off'

export interface AuditProblem {
  readonly seq: number
  readonly kind: AuditProblemKind
}

export interface Verification {
  /** Rows that were checked. */
  readonly checked: number
  /** As the store has it. */
  readonly head: AuditHead
  /** null: everything is as it was written. */
  readonly problem: AuditProblem | null
}

export interface VerifyOptions {
  /** A head noted earlier. */
  readonly anchor?: AuditHead | undefined
  /** Rows that one statement checks. Default 1000. */
  readonly pageSize?: number
}

/** Checks every row up to the head. Rows that are appended meanwhile are left for the next time. */
export async function verifyAudit(db: Executor, options: VerifyOptions = {}): Promise<Verification> {
  const { anchor, pageSize = 1000 } = options
  const { seq: headSeq, hash, genesis, newest } = await readHead(db)
  const head = { seq: Number(headSeq), hash }
  let tip: AuditHead = { seq: 0, hash: genesis }
  const done = (problem: AuditProblem | null): Verification => ({ checked: tip.seq, head, problem })

  while (tip.seq < head.seq) {
    const rows = await db.run<Row>('verify the audit log', PAGE_SQL, [tip.seq, head.seq, pageSize])
    if (rows.length === 0) return done({ seq: tip.seq + 1, kind: 'cut_off' })
    for (const row of rows) {
      const problem = await findProblem(db, row, tip)
      if (problem) return done(problem)
      tip = { seq: Number(row.seq), hash: row.hash }
      if (anchor?.seq === tip.seq && anchor.hash !== tip.hash) return done({ seq: tip.seq, kind: 'altered' })
    }
  }
  if (tip.hash !== head.hash) return done({ seq: tip.seq, kind: 'altered' })
  if (Number(newest) > head.seq) return done({ seq: head.seq + 1, kind: 'altered' })
  if (anchor && anchor.seq > head.seq) return done({ seq: head.seq + 1, kind: 'cut_off' })
  return done(null)
}

/** Checks a row against the one before. */
async function findProblem(db: Executor, row: Row, tip: AuditHead): Promise<AuditProblem | null> {
  const seq = Number(row.seq)
  if (seq !== tip.seq + 1) return { seq: tip.seq + 1, kind: 'missing' }
  const follows = row.previous_hash === tip.hash
  if (row.intact) {
    // The row vouches for the one before it, whose own hash was made to fit what it holds now.
    return follows ? null : { seq: Math.max(tip.seq, 1), kind: 'altered' }
  }
  if (follows) return { seq, kind: 'altered' }
  const [origin] = await db.run('look for the place of a row', NEAR_SQL, [row.previous_hash, seq])
  return { seq, kind: origin ? 'reordered' : 'altered' }
}

async function readHead(db: Executor): Promise<HeadRow> {
  const [row] = await db.run<HeadRow>('read the head of the audit log', HEAD_SQL)
  if (!row) throw new TypeError('the audit log has no head')
  return row
}

interface Row {
  readonly seq: string
  readonly hash: string
  readonly previous_hash: string
  /** Whether its hash is that of what it holds. */
  readonly intact: boolean
}

interface HeadRow {
  readonly seq: string
  readonly hash: string
  readonly genesis: string
  readonly newest: string
}

// One statement, so that the head and the newest row are of one snapshot.
const HEAD_SQL = `
  select seq, encode(hash, 'hex') as hash, encode(sha256('postern audit'), 'hex') as genesis,
    (select coalesce(max(seq), 0) from postern.audit_events) as newest
  from postern.audit_head`
const PAGE_SQL = `
  select e.seq, encode(e.hash, 'hex') as hash, encode(e.previous_hash, 'hex') as previous_hash,
    e.hash = postern.audit_hash(e) as intact
  from postern.audit_events e where e.seq > $1 and e.seq <= $2 order by e.seq limit $3`
// Near by only: a hash has no index.
const NEAR_SQL = `
  select from postern.audit_events
  where seq between $2::bigint - 10000 and $2::bigint + 10000 and encode(hash, 'hex') = $1 limit 1`
