import * as fixed from '#domain/money/fixed.ts'
import { type ObservedSignal, pairOf } from './observed-signal.ts'

export const VERDICTS = ['same', 'different_size', 'different_time', 'missing', 'extra'] as const
/** `missing`: version 2 gave it and version 3 did not. `extra`: the other way round. */
export type Verdict = (typeof VERDICTS)[number]

export interface Comparison {
  readonly verdict: Verdict
  readonly v2: ObservedSignal | null
  readonly v3: ObservedSignal | null
  /** Version 3's time less version 2's, milliseconds; null where there is only one. */
  readonly lagMs: number | null
  readonly cause: string
}

export interface MatchRules {
  /** Signals further apart are two. */
  readonly windowMs: number
  /** Up to here it is the same time. */
  readonly sameTimeMs: number
  /** Up to here it is the same size, of version 2's, basis points. */
  readonly sameSizeBps: number
  /** Pairs that a trader of version 3 follows; undefined where that is not known. */
  readonly followed?: ReadonlySet<string> | undefined
}

/**
 * Pairs signals of the same pair and direction, nearest in time first, each at most once, and says of every signal what became of it. The
 * order in which they are given does not matter.
 */
export function matchSignals(v2: readonly ObservedSignal[], v3: readonly ObservedSignal[], rules: MatchRules): readonly Comparison[] {
  const partners = new Map<ObservedSignal, ObservedSignal>()
  const taken = new Set<ObservedSignal>()
  for (const [a, b] of candidates(v2, v3, rules.windowMs)) {
    if (partners.has(a) || taken.has(b)) continue
    partners.set(a, b)
    taken.add(b)
  }
  const ofVersion2 = v2.map((signal) => {
    const partner = partners.get(signal)
    return partner === undefined ? missing(signal, v3, rules) : paired(signal, partner, rules)
  })
  const others = v3.filter((signal) => !taken.has(signal)).map((signal) => extra(signal, v2, rules))
  return [...ofVersion2, ...others].toSorted((a, b) => timeOf(a) - timeOf(b))
}

export function timeOf({ v2, v3 }: Comparison): number {
  return Math.min(v2?.ts ?? Number.POSITIVE_INFINITY, v3?.ts ?? Number.POSITIVE_INFINITY)
}

function candidates(
  v2: readonly ObservedSignal[],
  v3: readonly ObservedSignal[],
  windowMs: number,
): readonly (readonly [ObservedSignal, ObservedSignal])[] {
  const name = ({ symbol, direction }: ObservedSignal): string => `${direction} ${pairOf(symbol)}`
  const groups = new Map([...Map.groupBy(v3, name)].map(([key, group]) => [key, group.toSorted((a, b) => a.ts - b.ts)]))
  const pairs = v2.flatMap((signal) => {
    const group = groups.get(name(signal)) ?? []
    return group
      .slice(firstFrom(group, signal.ts - windowMs), firstFrom(group, signal.ts + windowMs + 1))
      .map((other) => [signal, other] as const)
  })
  const distance = ([a, b]: readonly [ObservedSignal, ObservedSignal]): number => Math.abs(a.ts - b.ts)
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return pairs.toSorted((a, b) => distance(a) - distance(b) || order(a[0].id, b[0].id) || order(a[1].id, b[1].id))
}

/** The first of a sorted list that is not before `ts`. */
function firstFrom(sorted: readonly ObservedSignal[], ts: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle]?.ts ?? 0) < ts) low = middle + 1
    else high = middle
  }
  return low
}

function paired(v2: ObservedSignal, v3: ObservedSignal, { sameTimeMs, sameSizeBps }: MatchRules): Comparison {
  const lagMs = v3.ts - v2.ts
  const isTime = Math.abs(lagMs) <= sameTimeMs
  const size = compareSizes(v2.quantity, v3.quantity, sameSizeBps)
  const when = isTime ? '' : `${Math.abs(lagMs) / 1_000} s ${lagMs > 0 ? 'later' : 'earlier'}`
  const fate = v3.fate === null ? '' : `; version 3: ${v3.fate}`
  if (size === 'different')
    return {
      verdict: 'different_size',
      v2,
      v3,
      lagMs,
      cause: `${v2.quantity} there, ${v3.quantity} here${when === '' ? '' : `, ${when}`}${fate}`,
    }
  if (!isTime) return { verdict: 'different_time', v2, v3, lagMs, cause: `${when}${fate}` }
  const how = size === 'unknown' ? 'the same direction and time; a size is said on one side at most' : 'the same direction, size and time'
  return { verdict: 'same', v2, v3, lagMs, cause: `${how}${fate}` }
}

function compareSizes(a: string | null, b: string | null, sameBps: number): 'same' | 'different' | 'unknown' {
  if (a === null || b === null) return 'unknown'
  const [mine, theirs] = [fixed.parse<'Quantity'>(a), fixed.parse<'Quantity'>(b)]
  const difference = fixed.subtract(mine, theirs)
  const magnitude = difference.units < 0n ? fixed.make<'Quantity'>(-difference.units, difference.scale) : difference
  const allowed = fixed.multiply<'Quantity'>(mine, fixed.make<'Quantity'>(BigInt(sameBps), 4))
  return fixed.compare(magnitude, allowed) <= 0 ? 'same' : 'different'
}

function missing(v2: ObservedSignal, v3: readonly ObservedSignal[], rules: MatchRules): Comparison {
  const { followed } = rules
  const opposite = oppositeOf(v2, v3, rules.windowMs)
  const cause =
    followed !== undefined && !followed.has(pairOf(v2.symbol))
      ? `no trader of version 3 follows ${pairOf(v2.symbol)}`
      : opposite !== undefined
        ? `version 3 gave the opposite, ${opposite.direction}, ${Math.abs(opposite.ts - v2.ts) / 1_000} s apart`
        : 'no strategy of version 3 gave it within the window'
  return { verdict: 'missing', v2, v3: null, lagMs: null, cause }
}

function extra(v3: ObservedSignal, v2: readonly ObservedSignal[], rules: MatchRules): Comparison {
  const opposite = oppositeOf(v3, v2, rules.windowMs)
  const known = v2.some(({ symbol }) => pairOf(symbol) === pairOf(v3.symbol))
  const why =
    opposite !== undefined
      ? `version 2 gave the opposite, ${opposite.direction}, ${Math.abs(opposite.ts - v3.ts) / 1_000} s apart`
      : known
        ? 'version 2 gave none within the window'
        : `version 2 gave nothing for ${pairOf(v3.symbol)} in this time`
  return { verdict: 'extra', v2: null, v3, lagMs: null, cause: v3.fate === null ? why : `${why}; version 3: ${v3.fate}` }
}

function oppositeOf(signal: ObservedSignal, others: readonly ObservedSignal[], windowMs: number): ObservedSignal | undefined {
  return others.find(
    (other) =>
      other.direction !== signal.direction && pairOf(other.symbol) === pairOf(signal.symbol) && Math.abs(other.ts - signal.ts) <= windowMs,
  )
}
