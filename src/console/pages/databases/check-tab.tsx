// Proves the logins of a database again: that each can do what its role says, and nothing more.

import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../../action.js'
import { api, type Resource } from '../../api.js'
import { Badge, RoleBadge } from '../../parts/badge.js'
import { Notice } from '../../parts/notice.js'
import { ProblemNotice } from '../../parts/problem-notice.js'
import { Records, type Column } from '../../parts/records.js'

type Proof = Resource<'Proof'>

export function CheckTab({ database: { name } }: { database: Resource<'Database'> }) {
  const [proof, setProof] = useState<Proof | null>(null)
  const check = useAction(
    async () => (await api.POST('/v1/databases/{name}/check', { params: { path: { name } } })).data,
    { onDone: setProof },
  )
  return (
    <>
      <Group justify="space-between" mb="md" gap="sm">
        <Text size="sm" c="dimmed" maw={620}>
          Logs in as each of the three roles and shows that the reader can read and can not write, and that none can
          become another. It changes nothing.
        </Text>
        <Button loading={check.isPending} onClick={() => check.run(undefined)}>
          {proof ? 'Check again' : 'Check now'}
        </Button>
      </Group>
      {check.error && <ProblemNotice error={check.error} />}
      {proof && <Findings proof={proof} />}
    </>
  )
}

function Findings({ proof }: { proof: Proof }) {
  const failed = proof.findings.filter(({ ok }) => !ok).length
  return (
    <>
      <div style={{ marginBottom: 16 }}>
        <Notice tone={proof.ok ? 'good' : 'bad'} role="status">
          {proof.ok
            ? `All ${proof.findings.length} checks hold. The server is PostgreSQL ${proof.server.version}.`
            : `${failed} of ${proof.findings.length} checks failed: the logins can do more or less than their roles say.`}
        </Notice>
      </div>
      <div className="card">
        <Records
          label="Checks"
          columns={COLUMNS}
          records={proof.findings}
          keyOf={({ role, check }) => `${role} ${check}`}
        />
      </div>
    </>
  )
}

const COLUMNS: readonly Column<Proof['findings'][number]>[] = [
  { label: 'Check', show: ({ check }) => check },
  { label: 'Login', show: ({ role }) => <RoleBadge role={role} /> },
  { label: 'Holds', show: ({ ok }) => (ok ? <Badge tone="good">yes</Badge> : <Badge tone="bad">no</Badge>) },
  {
    label: 'Seen',
    show: ({ detail, hint }) => (
      <>
        <Text size="sm">{detail}</Text>
        {hint !== null && (
          <Text size="sm" c="dimmed">
            {hint}
          </Text>
        )}
      </>
    ),
  },
]
