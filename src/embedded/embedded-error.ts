// What can go wrong around the embedded Postgres, in words for the person who typed the command.

/** Why the embedded Postgres can't be started. */
export type EmbeddedErrorCode =
  /** No binaries exist for this operating system, processor or C library. */
  | 'unsupported_platform'
  /** The package with the binaries for this platform isn't installed. */
  | 'binaries_missing'
  /** Started as root, and no lesser OS user was found or may be taken on: Postgres refuses to run as root. */
  | 'no_server_user'
  /** The data directory belongs to someone else, or others could tamper with it. */
  | 'data_dir_unsafe'
  /** A cluster that was made before is missing, or the server's OS user can't reach it. */
  | 'data_dir_unreachable'
  /** The file with the superuser's password is gone, though the cluster is there. */
  | 'password_missing'
  /** A live process already runs a server on the data directory. */
  | 'data_dir_in_use'
  /** The data directory was made by another major version of Postgres. */
  | 'data_dir_version'
  /** Another program listens on the wanted port. */
  | 'port_busy'
  /** The disk, or the shared memory, is full. */
  | 'no_space'
  /** initdb failed; its last lines are in the message. */
  | 'initdb_failed'
  /** The server did not start; its last lines are in the message. */
  | 'start_failed'

/** A failure to start the embedded Postgres. The message says what to do; it holds no secrets. */
export class EmbeddedError extends Error {
  readonly code: EmbeddedErrorCode

  constructor(code: EmbeddedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EmbeddedError'
    this.code = code
  }
}

/** Whether `error` is of Node's system errors, with this code (`ENOENT`, `EACCES` …). */
export function isSystemError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
