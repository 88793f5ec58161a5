// Loads the settings for a command, which tells of their mistakes on stderr.

import { loadSettings, SettingsError, type SettingsSources } from '../load-settings.js'
import type { Settings } from '../settings.js'

/** Reads file and environment; null when there are mistakes, which have been told. */
export function readSettings(configFile: string | undefined): Settings | null {
  try {
    return loadSettings(sourcesOf(configFile))
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    process.stderr.write(`error: ${error.message}\n`)
    return null
  }
}

/** File and environment. */
export function sourcesOf(configFile: string | undefined): SettingsSources {
  return { ...(configFile !== undefined && { file: configFile }), env: process.env }
}
