// A password to be chosen, with what the API asks of one.

import { PasswordInput } from '@mantine/core'

export const LEAST_LENGTH = 12

interface NewPasswordProps {
  readonly value: string
  readonly onChange: (password: string) => void
  readonly label?: string
}

export function NewPassword({ value, onChange, label = 'New password' }: NewPasswordProps) {
  const missing = LEAST_LENGTH - value.length
  return (
    <PasswordInput
      label={label}
      description={
        value === '' || missing <= 0
          ? `At least ${LEAST_LENGTH} characters: a few words that only you put together.`
          : `${missing} more character${missing === 1 ? '' : 's'}.`
      }
      autoComplete="new-password"
      required
      withAsterisk={false}
      value={value}
      onChange={event => onChange(event.currentTarget.value)}
    />
  )
}
