// Starts the console.

import '@mantine/core/styles.css'
import './console.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { cache } from './cache.js'
import { takeInvitation } from './invitation-link.js'
import { Console } from './shell/console.js'
import { cssVariables, theme } from './theme.js'

takeInvitation()

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
const root = document.getElementById('root')
if (!root) throw new Error('the page has no root')

// Where react-remove-scroll, which keeps the page still under a dialog, looks for it.
Object.assign(globalThis, { __webpack_nonce__: nonce })

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={cache}>
        <BrowserRouter>
          <Console />
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
