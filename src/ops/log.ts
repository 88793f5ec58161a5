// The log: one JSON object a line on stdout. No secret gets into it, see redact.ts.

import { pino, stdSerializers, stdTimeFunctions } from 'pino'
import type { DestinationStream, Logger as PinoLogger } from 'pino'
import { LogOutput } from './log-output.js'
import { redactLine } from './redact.js'

export type Logger = PinoLogger

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

export interface LoggerOptions {
  readonly level: LogLevel
  /** Where lines go: a stream, or a file descriptor that log-output.ts describes. Default: stdout. */
  readonly destination?: DestinationStream | number
}

/**
 * Makes the logger. Lines carry `level` as a word, `time` in ISO 8601, `msg` and the fields given. An error belongs
 * under `err`, and its causes are logged with it; elsewhere it would be an empty object.
 */
export function createLogger({ level, destination = process.stdout.fd }: LoggerOptions): Logger {
  const options = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: stdSerializers.errWithCause },
    hooks: { streamWrite: redactLine },
  }
  if (typeof destination !== 'number') return pino(options, destination)
  const output = new LogOutput(destination, lines => {
    logger.warn({ lines }, 'log lines were lost, because they could not be written in time')
  })
  const logger = pino(options, output)
  return logger
}
