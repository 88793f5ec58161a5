// SIGHUP: the settings are read again. Those that can change at run time do; of the others the log says that they need a
// restart. What can't be read changes nothing.

import { loadSettings, SettingsError, type SettingsSources } from '../load-settings.js'
import type { Logger } from '../ops/log.js'
import type { LiveSettings } from '../settings/live.js'

/** Never throws. */
export function reloadSettings(settings: LiveSettings, sources: SettingsSources, log: Logger): void {
  try {
    const { changed, waiting } = settings.replace(loadSettings(sources))
    // First, so that the line below can be seen where it was made to be.
    log.level = settings.current.log.level
    log.info({ changed }, changed.length > 0 ? 'settings read again, and changed' : 'settings read again: none changed')
    if (waiting.length > 0) log.warn({ settings: waiting }, 'these settings are other than in use: they need a restart')
  } catch (error) {
    const told = error instanceof SettingsError ? { problems: error.problems } : { err: error }
    log.error(told, 'the settings stay as they were: they can not be read')
  }
}
