// How the console looks: one accent, quiet greys, and monospace for what people copy. All text has a contrast of 4.5 or
// more to what it stands on, in both schemes (WCAG 2.2 s.1.4.3).

import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

const accent: MantineColorsTuple = [
  '#eef0ff',
  '#e0e3ff',
  '#c7cbfe',
  '#a8adfc',
  '#8b8df8',
  '#6f6bf1',
  '#5b52e6',
  '#4f46e5',
  '#4038ca',
  '#3731a3',
]

// Mantine's darks are a little muddy: these are the greys of an unlit screen.
const dark: MantineColorsTuple = [
  '#d5d8df',
  '#b6bbc6',
  '#9aa1af',
  '#6b7280',
  '#3a3f4b',
  '#2b303a',
  '#20242c',
  '#171a20',
  '#12151a',
  '#0c0e12',
]

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  colors: { accent, dark },
  fontFamily: "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', SFMono-Regular, Menlo, 'DejaVu Sans Mono', Consolas, monospace",
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.5rem', lineHeight: '1.3' } } },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { styles: { label: { fontWeight: 550 } } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: 'lg',
        padding: 'lg',
        transitionProps: { duration: 120 },
        // The head of a dialog is no second head of the page.
        attributes: { header: { role: 'presentation' } },
      },
      styles: { title: { fontWeight: 600 } },
    },
    // A menu may hold nothing but its items: the placeholder that would take the focus is none.
    Menu: { defaultProps: { shadow: 'md', withInitialFocusPlaceholder: false, transitionProps: { duration: 100 } } },
    Select: { defaultProps: { allowDeselect: false, comboboxProps: { shadow: 'md' } } },
  },
})

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#17191f',
    '--mantine-color-dimmed': '#5b6270',
    '--mantine-color-placeholder': '#6b7280',
    '--mantine-color-error': '#b42323',
    '--mantine-color-default-border': '#dfe2e8',
    '--postern-canvas': '#f8f9fb',
    '--postern-line': '#e6e8ed',
    '--postern-code': '#f3f4f8',
    '--postern-hover': '#f1f2f6',
    '--postern-good': '#16723f',
    '--postern-warn': '#8a5300',
    '--postern-bad': '#b42323',
    '--postern-good-bg': '#e6f6ec',
    '--postern-warn-bg': '#fff3d9',
    '--postern-bad-bg': '#fdecec',
    '--postern-accent-text': '#4038ca',
    '--postern-accent-bg': '#eef0ff',
  },
  dark: {
    '--mantine-color-body': '#14171c',
    '--mantine-color-text': '#e6e8ec',
    '--mantine-color-dimmed': '#9aa1af',
    '--mantine-color-placeholder': '#8b92a0',
    '--mantine-color-error': '#ff8f8f',
    '--mantine-color-anchor': '#a8adfc',
    '--mantine-color-default-border': '#333945',
    '--postern-canvas': '#0f1115',
    '--postern-line': '#262a33',
    '--postern-code': '#1b1f27',
    '--postern-hover': '#1e222a',
    '--postern-good': '#6fd69a',
    '--postern-warn': '#f0b954',
    '--postern-bad': '#ff8f8f',
    '--postern-good-bg': '#12291d',
    '--postern-warn-bg': '#2e2410',
    '--postern-bad-bg': '#331919',
    '--postern-accent-text': '#b3b8fd',
    '--postern-accent-bg': '#21233f',
  },
})
