// The server's settings, given as arguments: so they win over postgresql.conf and ALTER SYSTEM, and follow the version
// of Postern that starts it (manual, section "Setting Parameters"). Arguments are public on the machine: no secrets here.

/** The shortest of the systems' sun_path, macOS', less the final zero: sys/un.h. */
const MAX_SOCKET_PATH_BYTES = 103

export interface SettingsInput {
  /** PGDATA. */
  readonly cluster: string
  readonly port: number
  readonly durable: boolean
}

/** The command-line arguments of `postgres` that follow `-D`. */
export function settingsArguments({ cluster, port, durable }: SettingsInput): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: socketDirFor(cluster) ?? '',
    ssl: 'off',
    password_encryption: 'scram-sha-256',
    // Small: it shares the machine with everything else that someone tries Postern on.
    shared_buffers: '32MB',
    // Room for the proxy's sessions, the store's pool and a load test.
    max_connections: 300,
    // The log is read by our process, and must be in English to be understood.
    log_destination: 'stderr',
    logging_collector: 'off',
    log_min_messages: 'warning',
    lc_messages: 'C',
    log_line_prefix: '[%p] ',
    log_checkpoints: 'off',
    log_timezone: 'UTC',
    // A failing CREATE ROLE … PASSWORD must not put its text into a log.
    log_statement: 'none',
    log_min_error_statement: 'panic',
    log_min_duration_statement: -1,
    log_parameter_max_length_on_error: 0,
    ...(durable
      ? { fsync: 'on', full_page_writes: 'on' }
      : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/**
 * Where the Unix socket goes: into PGDATA, which nobody but the server's user (and root) can enter. Null when the path
 * is too long for a socket address, or has characters that the setting's list syntax would need quoted.
 */
export function socketDirFor(cluster: string): string | null {
  const longest = `${cluster}/.s.PGSQL.65535`
  return Buffer.byteLength(longest) <= MAX_SOCKET_PATH_BYTES && /^[\w/.+@-]+$/.test(cluster) ? cluster : null
}
