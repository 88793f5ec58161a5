// Changes one's password for the console.

import { Button, Group, PasswordInput, Stack } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../../action.js'
import { api } from '../../api.js'
import { ProblemNotice } from '../../parts/problem-notice.js'
import { Section } from '../../parts/section.js'
import { tell } from '../../parts/toasts.js'
import { enter, useMe } from '../../session.js'
import { LEAST_LENGTH, NewPassword } from './new-password.js'

export function PasswordSection() {
  const { account } = useMe()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useAction(
    async (body: { current: string; new: string }) => (await api.POST('/v1/me/password', { body })).data,
    {
      onDone: async signedIn => {
        setCurrent('')
        setNext('')
        if (signedIn) await enter(signedIn)
        tell('Your password is changed. Everywhere else you are signed out.')
      },
    },
  )
  return (
    <Section
      title="Password"
      description="For the console. A change signs you out everywhere else; your keys go on working."
    >
      <form
        className="card"
        style={{ padding: 20 }}
        onSubmit={event => {
          event.preventDefault()
          change.run({ current, new: next })
        }}
      >
        <Stack maw={420}>
          {/* For password managers: whose password it is. */}
          <input type="hidden" name="username" autoComplete="username" value={account.email} readOnly />
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={current}
            onChange={event => setCurrent(event.currentTarget.value)}
          />
          <NewPassword value={next} onChange={setNext} />
          {change.error && <ProblemNotice error={change.error} />}
          <Group>
            <Button
              type="submit"
              variant="default"
              loading={change.isPending}
              disabled={current === '' || next.length < LEAST_LENGTH}
            >
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}
