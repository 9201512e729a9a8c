import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'

export interface ReplayOptions {
  readonly files: readonly string[]
  readonly symbol?: string | undefined
  readonly timeframe?: string | undefined
  /** Market time over wall time, or as fast as everyone answers. */
  readonly speed: number | 'max'
}

export interface ReplayIdentity {
  /** Names the replay's own data directory and its journal's purpose. */
  readonly id: string
  /** Four base-36 digits for order ids, so that two runs of one replay name their orders alike. */
  readonly instance: string
}

const BASE36_3 = 36 ** 3

/** The same files, symbol and timeframe are the same replay; the speed does not matter. */
export function identifyReplay({ files, symbol, timeframe }: ReplayOptions): ReplayIdentity {
  const digest = createHash('sha256')
  for (const file of files) digest.update(`${basename(resolve(file))}|`)
  digest.update(`${symbol ?? ''}|${timeframe ?? ''}`)
  const hex = digest.digest('hex')
  return { id: hex.slice(0, 12), instance: `r${(Number.parseInt(hex.slice(0, 8), 16) % BASE36_3).toString(36).padStart(3, '0')}` }
}
