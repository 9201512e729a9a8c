import { parseArgs } from 'node:util'
import { join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { identifyReplay, type ReplayOptions } from '#orchestrator/replay.ts'
import { defaultDataDirectory } from '#platform/default-data-directory.ts'

export interface ServeOptions {
  readonly dataDir: string
  readonly configFile?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly token?: string | undefined
  readonly replay?: ReplayOptions | undefined
  readonly postgres?: 'none' | undefined
}

export const SERVE_USAGE = `bot-trading serve [--data-dir DIR] [--config FILE] [--host 127.0.0.1] [--port 8080] [--token TOKEN]
                  [--replay FILE.csv[,FILE…] [--symbol S] [--timeframe T] [--speed N|max]] [--no-postgres]`

const PORT_MAX = 65_535

/** Reads the command line. Throws `AppError` `CONFIG_INVALID`; the caller ends with code 2. */
export function readServeOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): ServeOptions {
  const values = parse(args)
  const replay =
    values.replay === undefined
      ? undefined
      : {
          files: values.replay.split(',').filter((file) => file !== ''),
          symbol: values.symbol,
          timeframe: values.timeframe,
          speed: readSpeed(values.speed ?? 'max'),
        }
  return {
    // A replay has a directory of its own: an account of last year's candles must not mix with the demo's.
    dataDir:
      values['data-dir'] ??
      (replay === undefined ? defaultDataDirectory(env) : join(defaultDataDirectory(env), 'replays', identifyReplay(replay).id)),
    configFile: values.config,
    host: values.host,
    port: values.port === undefined ? undefined : readPort(values.port),
    token: values.token ?? env['API_TOKEN'],
    replay,
    postgres: values['no-postgres'] === true ? 'none' : undefined,
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        'data-dir': text,
        config: text,
        host: text,
        port: text,
        token: text,
        replay: text,
        symbol: text,
        timeframe: text,
        speed: text,
        'no-postgres': { type: 'boolean' },
      },
      strict: true,
    }).values
  } catch (error) {
    throw new AppError(
      'CONFIG_INVALID',
      `${error instanceof Error ? error.message : String(error)}\nNothing was started. Usage:\n${SERVE_USAGE}`,
      { cause: error },
    )
  }
}

function readSpeed(text: string): number | 'max' {
  if (text === 'max') return 'max'
  const speed = Number(text)
  if (Number.isFinite(speed) && speed > 0) return speed
  throw new AppError('CONFIG_INVALID', `--speed is a positive number or max, not ${text}. Nothing was started.`)
}

function readPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return port
  throw new AppError('CONFIG_INVALID', `--port is a whole number from 0 to ${PORT_MAX}, not ${text}. Nothing was started.`)
}
