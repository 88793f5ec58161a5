// How the chosen account connects: every form that the API knows, with a key made on the spot filled in, this once.

import { Select, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { api } from '../../api.js'
import { Answer } from '../../parts/answer.js'
import { Code } from '../../parts/code.js'
import { LoadingBlock } from '../../parts/loading.js'
import { Notice } from '../../parts/notice.js'
import { formsOf, type Form } from './connection-forms.js'
import { KeyOnTheSpot } from './key-on-the-spot.js'

const PLACEHOLDER = '<token>'

interface ConnectionPanelProps {
  readonly database: string
  readonly account: string
  readonly isPersonal: boolean
}

/** To be keyed by the account: a token is filled into the strings of its own account only. */
export function ConnectionPanel({ database, account, isPersonal }: ConnectionPanelProps) {
  const [token, setToken] = useState<string | null>(null)
  const query = useQuery({
    queryKey: ['connection', database, account],
    queryFn: async () => {
      const params = { path: { name: database }, query: { account } }
      return (await api.GET('/v1/databases/{name}/connect', { params })).data
    },
  })
  return (
    <div className="card" style={{ padding: 20 }}>
      <Answer query={query} loading={<LoadingBlock height={280} />}>
        {connection => (
          <Stack gap="lg">
            {isPersonal && (
              <Notice tone="warn">
                <Text size="sm">
                  These strings connect as you. Keep them to your own terminal: what a program has should be revoked
                  without cutting you off, and should not end when your role changes.
                </Text>
              </Notice>
            )}
            <KeyOnTheSpot account={account} token={token} onMade={setToken} />
            <FormChoice forms={formsOf(connection)} token={token} notes={connection.notes} />
          </Stack>
        )}
      </Answer>
    </div>
  )
}

interface FormChoiceProps {
  readonly forms: readonly Form[]
  readonly token: string | null
  readonly notes: readonly string[]
}

function FormChoice({ forms, token, notes }: FormChoiceProps) {
  const [search, setSearch] = useSearchParams()
  const form = forms.find(({ name }) => name === search.get('with')) ?? forms[0]
  if (!form) return null
  const groups = [...new Set(forms.map(({ group }) => group))]
  return (
    <Stack>
      <Select
        label="Connect with"
        searchable
        data={groups.map(group => ({
          group,
          items: forms.filter(each => each.group === group).map(({ name }) => name),
        }))}
        value={form.name}
        onChange={name =>
          setSearch(
            before => {
              before.set('with', name ?? '')
              return before
            },
            { replace: true },
          )
        }
      />
      {form.parts.map(({ title, text }) => (
        <Code
          key={title}
          title={title}
          what={title}
          text={token === null ? text : text.replaceAll(PLACEHOLDER, token)}
        />
      ))}
      {[form.note, ...notes].map(
        note =>
          note && (
            <Text key={note} size="sm" c="dimmed">
              {note}
            </Text>
          ),
      )}
    </Stack>
  )
}
