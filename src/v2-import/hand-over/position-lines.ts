import * as fixed from '#domain/money/fixed.ts'
import type { Agreement, HandOverDecision, HandOverLine } from './hand-over-line.ts'
import type { AccountDifference, ExchangeSide, V2Position, V2Side, V3Side } from './sides.ts'

type Amount = fixed.Fixed<'SignedQuantity'>
const NOTHING = fixed.parse<'SignedQuantity'>('0')

/** What version 2 says it holds of an instrument: exactly, or between two amounts where a trade is filled in part. */
interface V2Holding {
  readonly least: Amount
  readonly most: Amount
  readonly words: string
  /** Its own two tables disagree. */
  readonly conflict: string | undefined
}

/** One line for each instrument in which anybody says something is held. */
export function positionLines(v2: V2Side, exchange: ExchangeSide, v3: V3Side): readonly Omit<HandOverLine, 'isSettled' | 'fingerprint'>[] {
  const own = v2.positions.filter((position) => position.exchange === exchange.exchange)
  const symbols = new Set([
    ...own.map(({ symbol }) => symbol),
    ...exchange.positions.filter(({ quantity }) => !isZero(fixed.parse(quantity))).map(({ symbol }) => symbol),
    ...v3.positions.filter(({ quantity }) => !isZero(fixed.parse(quantity))).map(({ symbol }) => symbol),
    ...exchange.differences.filter(({ kind }) => kind === 'POSITION').map(({ symbol }) => symbol),
  ])
  const here = [...symbols].toSorted().map((symbol) =>
    lineOf(symbol, {
      exchange,
      v2: holdingOf(own.filter((position) => position.symbol === symbol)),
      atExchange: sum(exchange.positions.filter((position) => position.symbol === symbol)),
      v3: sum(v3.positions.filter((position) => position.symbol === symbol)),
      traders: v3.positions.filter((position) => position.symbol === symbol && !isZero(fixed.parse(position.quantity))).length,
      difference: exchange.differences.find((each) => each.kind === 'POSITION' && each.symbol === symbol),
    }),
  )
  return [...here, ...elsewhere(v2.positions, exchange.exchange)]
}

interface Said {
  readonly exchange: ExchangeSide
  readonly v2: V2Holding | undefined
  readonly atExchange: Amount
  readonly v3: Amount
  readonly traders: number
  readonly difference: AccountDifference | undefined
}

function lineOf(symbol: string, said: Said): Omit<HandOverLine, 'isSettled' | 'fingerprint'> {
  const { exchange, v2, atExchange, v3, difference, traders } = said
  const isKnown = exchange.comparedAt !== null
  const agreement = isKnown ? agreementOf(v2, atExchange, v3) : 'unknown'
  const held = traders > 1 ? `${text(v3)} (${traders} traders)` : text(v3)
  return {
    id: `position.${exchange.exchange}.${symbol.replace('/', '-').replace(':', '_')}`,
    kind: 'position',
    exchange: exchange.exchange,
    symbol,
    v2: v2?.words ?? null,
    atExchange: isKnown ? text(atExchange) : null,
    v3: held,
    agreement,
    cause: [causeOf(agreement, said), v2?.conflict].filter((part) => part !== undefined).join(' '),
    differenceId: isKnown ? (difference?.id ?? null) : null,
    allowed: allowedFor(agreement, said),
    decided: difference?.decided ?? null,
  }
}

/** A trade filled in part is held in part: any amount up to its quantity agrees with it. */
function agreementOf(v2: V2Holding | undefined, atExchange: Amount, v3: Amount): Agreement {
  const isV2 = isWithin(v2, atExchange)
  const isV3 = fixed.compare(atExchange, v3) === 0
  if (isV2 && isV3) return 'all'
  if (isV3) return 'exchange_and_v3'
  if (isV2) return 'v2_and_exchange'
  return isWithin(v2, v3) ? 'v2_and_v3' : 'none'
}

function isWithin(v2: V2Holding | undefined, amount: Amount): boolean {
  const [least, most] = v2 === undefined ? [NOTHING, NOTHING] : [v2.least, v2.most]
  return fixed.compare(least, amount) <= 0 && fixed.compare(amount, most) <= 0
}

function allowedFor(agreement: Agreement, { v2, difference }: Said): readonly HandOverDecision[] {
  switch (agreement) {
    case 'all':
      return []
    case 'unknown':
      return []
    case 'exchange_and_v3':
      // Only version 2's record is wrong: nothing is to be done but to say that somebody has seen it.
      return v2 === undefined ? [] : ['IGNORE']
    case 'v2_and_exchange':
    case 'v2_and_v3':
    case 'none':
      return difference === undefined ? [] : ['ADOPT', 'CLOSE', 'IGNORE']
  }
}

function causeOf(agreement: Agreement, { v2, atExchange, exchange, difference }: Said): string {
  switch (agreement) {
    case 'all':
      return 'All three agree.'
    case 'unknown':
      return `The account at ${exchange.exchange} has not been compared yet, so nothing can be decided.`
    case 'exchange_and_v3':
      if (v2 === undefined) return 'A position of this workstation, opened after the export or taken over from the exchange.'
      return isZero(atExchange)
        ? `Version 2 says it holds ${v2.words}; the exchange holds nothing: it was closed after the export, by its stop, or by hand.`
        : `What version 2 says is older than the exchange, or was never so; this workstation has the position.`
    case 'v2_and_exchange':
      return v2 === undefined
        ? 'The exchange holds nothing, and version 2 says so too; a trader of this workstation is said to hold it.'
        : 'Version 2 opened it. No trader of this workstation has it yet: its stops are not watched here.'
    case 'v2_and_v3':
      if (v2 === undefined)
        return `Neither version 2 nor this workstation knows it. ${difference?.cause ?? 'It has not been compared since.'}`
      return `The exchange holds another amount than both. ${difference?.cause ?? 'It has not been compared since.'}`
    case 'none':
      return v2 === undefined
        ? `Version 2 does not know it. ${difference?.cause ?? 'It has not been compared since.'}`
        : `All three differ; the exchange counts. ${difference?.cause ?? 'It has not been compared since.'}`
  }
}

/** The positions table where it has the instrument, since it is what version 2 held; else its open trades. */
function holdingOf(positions: readonly V2Position[]): V2Holding | undefined {
  const snapshot = positions.filter(({ part }) => part === 'snapshot')
  const trades = positions.filter(({ part }) => part === 'lifecycle')
  if (snapshot.length === 0) return trades.length === 0 ? undefined : boundsOf(trades, `${trades.length} open trades`)
  const holding = boundsOf(snapshot, snapshot.length === 1 ? '' : `${snapshot.length} rows`)
  const open = trades.length === 0 ? undefined : boundsOf(trades, '')
  const isSame = open === undefined || (fixed.compare(open.least, holding.least) <= 0 && fixed.compare(holding.least, open.most) <= 0)
  const conflict = `Its tables disagree: its ${trades.length} open trades come to ${open?.words ?? 'nothing'}.`
  return isSame ? holding : { ...holding, conflict }
}

function boundsOf(positions: readonly V2Position[], of: string): V2Holding {
  let [least, most] = [NOTHING, NOTHING]
  for (const { direction, quantity, state } of positions) {
    const amount = fixed.parse<'SignedQuantity'>(direction === 'LONG' ? quantity : `-${quantity}`)
    const isExact = state === 'OPEN'
    if (isExact || direction === 'SHORT') least = fixed.add(least, amount)
    if (isExact || direction === 'LONG') most = fixed.add(most, amount)
  }
  const range = fixed.compare(least, most) === 0 ? text(least) : `${text(least)} to ${text(most)}`
  return { least, most, words: of === '' ? range : `${range} (${of})`, conflict: undefined }
}

/** What version 2 holds at an exchange this workstation does not trade: it can only be looked at there. */
function elsewhere(positions: readonly V2Position[], here: string): readonly Omit<HandOverLine, 'isSettled' | 'fingerprint'>[] {
  const groups = Map.groupBy(
    positions.filter(({ exchange }) => exchange !== here),
    ({ exchange, symbol }) => `${exchange}.${symbol.replace('/', '-').replace(':', '_')}`,
  )
  return [...groups].map(([name, rows]) => ({
    id: `position.${name}`,
    kind: 'position',
    exchange: rows[0]?.exchange ?? '',
    symbol: rows[0]?.symbol ?? '',
    v2: holdingOf(rows)?.words ?? null,
    atExchange: null,
    v3: null,
    agreement: 'unknown',
    cause: `This workstation trades ${here}, so it cannot ask ${rows[0]?.exchange ?? 'that exchange'}: look there.`,
    differenceId: null,
    allowed: ['IGNORE'],
    decided: null,
  }))
}

function sum(positions: readonly { readonly quantity: string }[]): Amount {
  return fixed.trim(positions.reduce((total, { quantity }) => fixed.add(total, fixed.parse(quantity)), NOTHING))
}

const isZero = ({ units }: fixed.Fixed<string>): boolean => units === 0n
const text = (amount: Amount): string => fixed.format(fixed.trim(amount))
