// The one error of reading settings, with every mistake in it.

import type { SettingProblem } from './reader.js'

/** Everything that is wrong with the settings; the message has a line for each problem. */
export class SettingsError extends Error {
  readonly problems: readonly SettingProblem[]

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(({ setting, given, hint }) => `  ${setting}: given ${given}; ${hint}`)
    super(`the settings have ${String(problems.length)} problem(s):\n${lines.join('\n')}`)
    this.name = 'SettingsError'
    this.problems = problems
  }
}
