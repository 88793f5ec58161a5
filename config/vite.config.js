// Builds the web console: src/console, and the SDK that it speaks through, into dist/console.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const root = new URL('../', import.meta.url).pathname

export default defineConfig({
  root: `${root}src/console`,
  plugins: [react()],
  // The API puts another nonce in its place at every answer: src/api/console-pages.ts.
  html: { cspNonce: 'POSTERN-NONCE' },
  build: {
    outDir: `${root}dist/console`,
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would need a policy that allows it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
})
