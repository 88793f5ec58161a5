// What is shown: the page of the address, for who is signed in; otherwise the sign-in, at that same address, so that
// whoever has signed in is where they wanted to be.

import { Center, Loader } from '@mantine/core'
import { lazy, Suspense, useMemo, type ReactNode } from 'react'
import { Navigate, Route, Routes } from 'react-router'
import { ROUTES, type PageRoute } from '../page-route.js'
import { ProblemNotice } from '../parts/problem-notice.js'
import { LoadingBlock } from '../parts/loading.js'
import { Toasts } from '../parts/toasts.js'
import { Signed, useRights, useSession } from '../session.js'
import { CrashGuard } from './crash-guard.js'
import { Frame } from './frame.js'
import { NotFound } from './not-found.js'
import { SignIn } from './sign-in.js'

const PAGES = ROUTES.map(route => ({ ...route, Page: lazy(route.load) }))

export function Console() {
  const routes = useMemo(() => PAGES.filter(({ isPublic }) => !isPublic).map(toRoute), [])
  const open = useMemo(() => PAGES.filter(({ isPublic }) => isPublic).map(toRoute), [])
  return (
    <CrashGuard>
      <Routes>
        {open}
        <Route
          element={
            <SessionGate>
              <Frame />
            </SessionGate>
          }
        >
          <Route index element={<Home />} />
          {routes}
          <Route path="*" element={<NotFound />} />
        </Route>
      </Routes>
      <Toasts />
    </CrashGuard>
  )
}

/** Operators look at how things are; others come for their databases. */
function Home() {
  const { seesAll } = useRights()
  return <Navigate to={seesAll ? '/overview' : '/databases'} replace />
}

function toRoute({ path, Page, isPublic }: PageRoute & { readonly Page: React.ComponentType }) {
  const loading = isPublic ? null : <LoadingPage />
  return (
    <Route
      key={path}
      path={path}
      element={
        <Suspense fallback={loading}>
          <Page />
        </Suspense>
      }
    />
  )
}

function LoadingPage() {
  return (
    <div className="page">
      <LoadingBlock height={320} />
    </div>
  )
}

function SessionGate({ children }: { children: ReactNode }) {
  const session = useSession()
  if (session.data) return <Signed value={session.data}>{children}</Signed>
  if (session.data === null) return <SignIn />
  return (
    <Center mih="100vh" p="md">
      {session.error ? (
        <main style={{ maxWidth: 480, width: '100%' }}>
          <ProblemNotice error={session.error} onRetry={() => void session.refetch()} />
        </main>
      ) : (
        <Loader aria-label="Loading" />
      )}
    </Center>
  )
}
