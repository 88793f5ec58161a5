// Signing in with e-mail address and password.

import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../action.js'
import { api } from '../api.js'
import { ProblemNotice } from '../parts/problem-notice.js'
import { enter } from '../session.js'
import { Entrance } from './entrance.js'

export function SignIn() {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useAction(async (body: { email: string; password: string }) => {
    const { data } = await api.POST('/v1/login', { body })
    await enter(data)
  })
  return (
    <Entrance title="Sign in" lead="Postern hands out API keys for your databases, and takes them back.">
      <form
        onSubmit={event => {
          event.preventDefault()
          signIn.run({ email: email.trim(), password })
        }}
      >
        <Stack>
          <TextInput
            label="E-mail address"
            type="email"
            name="email"
            autoComplete="username"
            required
            autoFocus
            withAsterisk={false}
            value={email}
            onChange={event => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={event => setPassword(event.currentTarget.value)}
          />
          {signIn.error && <ProblemNotice error={signIn.error} />}
          <Button type="submit" fullWidth loading={signIn.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
    </Entrance>
  )
}
