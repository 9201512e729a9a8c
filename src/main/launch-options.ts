import { parseArgs } from 'node:util'
import type { ReplayOptions } from '#orchestrator/replay.ts'

export interface LaunchOptions {
  readonly dataDir: string | null
  readonly configFile: string | null
  readonly postgres: boolean
  /** Also answer over HTTP. */
  readonly api: boolean
  readonly replay: ReplayOptions | null
}

/** The options of `bot-trading serve` that make sense with a window. Chromium's own switches pass unread. */
export function readLaunchOptions(args: readonly string[]): LaunchOptions {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    options: {
      'data-dir': { type: 'string' },
      config: { type: 'string' },
      replay: { type: 'string' },
      symbol: { type: 'string' },
      timeframe: { type: 'string' },
      speed: { type: 'string' },
      'no-postgres': { type: 'boolean' },
      api: { type: 'boolean' },
    },
  })
  const text = (name: keyof typeof values): string | null => {
    const value = values[name]
    return typeof value === 'string' && value !== '' ? value : null
  }
  const files = text('replay')?.split(',')
  return {
    dataDir: text('data-dir'),
    configFile: text('config'),
    postgres: values['no-postgres'] !== true,
    api: values['api'] === true,
    replay:
      files === undefined
        ? null
        : { files, symbol: text('symbol') ?? undefined, timeframe: text('timeframe') ?? undefined, speed: readSpeed(text('speed')) },
  }
}

function readSpeed(text: string | null): number | 'max' {
  if (text === null || text === 'max') return 'max'
  const speed = Number(text)
  if (Number.isFinite(speed) && speed > 0) return speed
  throw new Error(`--speed takes a number above 0 or "max", not "${text}"`)
}
