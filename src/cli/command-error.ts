// The command's own noes: what went wrong in one line, what to do in another, and how the process ends.

/** How the process ends: 0 done, 1 refused or failed, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2

export class CommandError extends Error {
  readonly hint: string
  readonly exitCode: ExitCode

  constructor(message: string, hint: string, exitCode: ExitCode = 1) {
    super(message)
    this.name = 'CommandError'
    this.hint = hint
    this.exitCode = exitCode
  }
}

/** Makes the error for arguments that can't be understood or don't go together: exit code 2. */
export function usageError(message: string, hint: string): CommandError {
  return new CommandError(message, hint, 2)
}
