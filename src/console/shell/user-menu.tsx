// The menu of who is signed in: their account, their machines, how the console looks, and the way out.

import {
  Avatar,
  Menu,
  Text,
  UnstyledButton,
  useMantineColorScheme,
  VisuallyHidden,
  type MantineColorScheme,
} from '@mantine/core'
import { Link } from 'react-router'
import { useAction } from '../action.js'
import { Icon } from '../parts/icon.js'
import { signOut, useMe } from '../session.js'

export function UserMenu() {
  const { account } = useMe()
  const leaving = useAction(signOut)
  return (
    <Menu position="bottom-end" width={250} withinPortal>
      <Menu.Target>
        <UnstyledButton style={{ borderRadius: 999 }}>
          <VisuallyHidden>Menu of {account.name}</VisuallyHidden>
          <Avatar radius="xl" size={34} variant="light" color="accent" aria-hidden="true">
            {initials(account.email)}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={500} truncate component="span" display="block" c="var(--mantine-color-text)">
            {account.email}
          </Text>
          <Text size="xs" component="span">
            {account.org_role ?? 'service account'} of the organization
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item component={Link} to="/account" leftSection={<Icon name="user" size={16} />}>
          Account and personal keys
        </Menu.Item>
        <Menu.Item component={Link} to="/service-accounts" leftSection={<Icon name="robot" size={16} />}>
          Service accounts
        </Menu.Item>
        <Menu.Item component="a" href="/docs" leftSection={<Icon name="terminal" size={16} />}>
          API reference
        </Menu.Item>
        <Menu.Divider />
        <ColorSchemeChoice />
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="out" size={16} />} onClick={() => leaving.run(undefined)}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

const SCHEMES = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'auto', label: 'As the system' },
] as const

function ColorSchemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Menu.RadioGroup value={colorScheme} onChange={value => setColorScheme(value as MantineColorScheme)}>
      {SCHEMES.map(({ value, label }) => (
        <Menu.RadioItem key={value} value={value} closeMenuOnClick={false}>
          {label}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  )
}

function initials(email: string): string {
  const [name = ''] = email.split('@')
  const [first = '', second = ''] = name.split(/[._-]+/)
  return (first.charAt(0) + (second.charAt(0) || first.charAt(1))).toUpperCase()
}
