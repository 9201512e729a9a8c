import { createHash } from 'node:crypto'
import type { HandOverLine } from './hand-over-line.ts'
import { orderLines } from './order-lines.ts'
import { positionLines } from './position-lines.ts'
import type { Decided, ExchangeSide, V2Side, V3Side } from './sides.ts'

const FINGERPRINT_LENGTH = 16

/** What a person has decided about a line that no difference carries: by the line's id and what it said. */
export type SeenLines = ReadonlyMap<string, Decided & { readonly fingerprint: string }>

export interface ThreeWayTable {
  readonly exchange: string
  readonly comparedAt: number | null
  /** What is left to decide first. */
  readonly lines: readonly HandOverLine[]
  readonly open: number
  /** Why the hand-over is not complete; empty when it is. */
  readonly missing: readonly string[]
}

/**
 * Every position and order that version 2, the exchange or this workstation says is open, one line each, with who agrees, why not, and what
 * may be decided. The hand-over is complete when every line is settled and the account has been compared.
 */
export function threeWayTable(v2: V2Side, exchange: ExchangeSide, v3: V3Side, seen: SeenLines = new Map()): ThreeWayTable {
  const lines = [...positionLines(v2, exchange, v3), ...orderLines(v2, exchange, v3)].map((line): HandOverLine => {
    const fingerprint = fingerprintOf(line)
    const known = seen.get(line.id)
    const decided = line.decided ?? (known?.fingerprint === fingerprint ? known : null)
    const isFine = line.agreement === 'all' || line.agreement === 'exchange_and_v3'
    const needsNothing = isFine && line.allowed.length === 0 && line.differenceId === null
    return { ...line, decided: decided === null ? null : plain(decided), fingerprint, isSettled: decided !== null || needsNothing }
  })
  const open = lines.filter(({ isSettled }) => !isSettled).length
  return {
    exchange: exchange.exchange,
    comparedAt: exchange.comparedAt,
    lines: [...lines.filter(({ isSettled }) => !isSettled), ...lines.filter(({ isSettled }) => isSettled)],
    open,
    missing: [
      ...(exchange.comparedAt === null ? [`the account at ${exchange.exchange} has not been compared`] : []),
      ...(v2.isCut ? ['version 2 has more open rows than are shown'] : []),
      ...(open === 0 ? [] : [`${open} ${open === 1 ? 'line is' : 'lines are'} not decided`]),
    ],
  }
}

function fingerprintOf({ id, v2, atExchange, v3, agreement }: Pick<HandOverLine, 'id' | 'v2' | 'atExchange' | 'v3' | 'agreement'>): string {
  return createHash('sha256')
    .update(JSON.stringify([id, v2, atExchange, v3, agreement]))
    .digest('hex')
    .slice(0, FINGERPRINT_LENGTH)
}

const plain = ({ decision, by, reason, at }: Decided): Decided => ({ decision, by, reason, at })
