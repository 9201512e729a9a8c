import { join } from 'node:path'
import { pino } from 'pino'
import roll from 'pino-roll'
import type { Logger } from './logger.ts'

const FILE_SIZE_MAX = '10m'
const FILES_KEPT = 5
/** Field names whose values never reach a log line, at any of the first three depths. */
const SECRET_FIELDS = ['password', 'token', 'secret', 'apiKey', 'api_key', 'authorization', 'passphrase']
const REDACTED = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/** Rolling file of JSON lines; warnings and errors also to stderr, where a person who started it in a terminal looks. */
export async function createLogger(
  directory: string,
  options: { readonly level?: string; readonly stderr: boolean },
): Promise<Logger & { flush: () => void }> {
  const file = await roll({
    file: join(directory, 'workstation'),
    extension: '.log',
    size: FILE_SIZE_MAX,
    limit: { count: FILES_KEPT },
    mkdir: true,
  })
  const level = options.level ?? 'info'
  const streams = [{ stream: file, level }, ...(options.stderr ? [{ stream: process.stderr, level: 'warn' }] : [])]
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: REDACTED, censor: '[secret]' } },
    pino.multistream(streams),
  )
  return logger
}
