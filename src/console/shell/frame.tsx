// The frame around every page: bar, navigation, and the place for the page.

import { AppShell, Burger, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { Link, Outlet, useLocation } from 'react-router'
import { ChangeWatches } from '../parts/change-progress.js'
import { CrashGuard } from './crash-guard.js'
import { Logo } from './logo.js'
import { Navigation } from './navigation.js'
import { UserMenu } from './user-menu.js'

export function Frame() {
  const [isOpen, { toggle, close }] = useDisclosure(false)
  const { pathname } = useLocation()
  const main = useRef<HTMLDivElement>(null)
  const before = useRef(pathname)

  // A new page begins at its top, for the eyes and for a screen reader. Tabs of one page are no new page.
  useEffect(() => {
    const [from, to] = [before.current, pathname].map(path => path.split('/').slice(0, 3).join('/'))
    before.current = pathname
    if (from === to) return
    close()
    scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [pathname, close])

  return (
    <AppShell
      header={{ height: 56, collapsed: false }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      transitionDuration={0}
    >
      <a className="skip-link" href="#page" onClick={() => main.current?.focus()}>
        Skip to the page
      </a>
      <AppShell.Header className="shell-bar">
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
              aria-expanded={isOpen}
            />
            <Link to="/" style={{ color: 'inherit', textDecoration: 'none' }} aria-label="Postern, to the start">
              <Logo />
            </Link>
          </Group>
          <UserMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className="shell-navbar" p="sm">
        <Navigation onChosen={close} />
      </AppShell.Navbar>
      <AppShell.Main id="page" ref={main} tabIndex={-1} style={{ outline: 'none' }}>
        <CrashGuard key={pathname}>
          <Outlet />
        </CrashGuard>
      </AppShell.Main>
      <ChangeWatches />
    </AppShell>
  )
}
