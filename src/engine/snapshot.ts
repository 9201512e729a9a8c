import { indexOrder } from './orders/fold-orders.ts'
import { indexPosition } from './portfolio/put-position.ts'
import { revaluePosition } from './portfolio/valuation.ts'
import { openDifference } from './reconcile/fold-differences.ts'
import type { Difference } from '#domain/difference.ts'
import { Money } from '#domain/money/money.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { Fixed } from '#domain/money/fixed.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import type {
  Account,
  AverageTrueRange,
  CandleKey,
  EngineState,
  FlattenAttempts,
  Guard,
  HeldPosition,
  PositionKey,
  SymbolBook,
  SettledDifference,
  TrackedOrder,
  TrackedTrader,
} from './state.ts'
import { candleKey, createState, positionKey } from './state.ts'
import type { Candle } from '#domain/candle.ts'
import type { Instrument } from '#domain/instrument.ts'

/** Version of the snapshot's form. Another form is not read: the journal is replayed from its start instead. */
const SNAPSHOT_FORM = 5

interface SnapshotBody {
  readonly form: number
  readonly instance: string
  readonly now: number
  readonly orderCount: number
  readonly instruments: readonly Instrument[]
  readonly accounts: readonly Account[]
  readonly traders: readonly (Pick<TrackedTrader, 'config' | 'state'> & { readonly decidedSteps: readonly [string, number][] })[]
  readonly orders: readonly TrackedOrder[]
  /** In order of closing: the first is the first to be forgotten. */
  readonly closedOrders: readonly TrackedOrder['clientOrderId'][]
  readonly positions: readonly HeldPosition[]
  /** In the order in which they are looked at when a price comes. */
  readonly openPositions: readonly PositionKey[]
  readonly emulatedOrders: readonly TrackedOrder['clientOrderId'][]
  readonly guards: readonly [PositionKey, Guard][]
  /** Name and winner. */
  readonly ocoGroups: readonly [string, TrackedOrder['clientOrderId'] | undefined][]
  readonly averageTrueRanges: readonly [CandleKey, AverageTrueRange][]
  readonly lossReached: readonly [string, number][]
  readonly lastCandles: readonly Candle[]
  readonly orderTimes: readonly number[]
  readonly halt: EngineState['halt']
  readonly flattenAttempts: readonly [PositionKey, FlattenAttempts][]
  readonly closeRefusals: readonly [PositionKey, number][]
  readonly limits: EngineState['limits']
  readonly differences: readonly Difference[]
  readonly settledDifferences: readonly SettledDifference[]
  readonly foreignFees: readonly Money[]
  /** Remembered against doubles, oldest first. */
  readonly signalIds: readonly string[]
  readonly tradeIds: readonly string[]
}

/** Members of a list that are written at once: some tens of kilobytes, a few tenths of a millisecond. */
const PIECE_MEMBERS = 64

/** The state as JSON, with all that lasts. */
export function writeSnapshot(state: EngineState): string {
  return [...snapshotPieces(state)].join('')
}

/**
 * The same text in pieces, for a thread that must not stand still until the last: the state as it is at this call, whatever
 * becomes of it before the last piece is asked for.
 */
export function snapshotPieces(state: EngineState): Iterator<string> & Iterable<string> {
  return piecesOf(bodyOf(state))
}

/** Values of the state are never changed but replaced, so copies of its lists hold it fast. What is changed in place is copied itself. */
function bodyOf(live: EngineState): SnapshotBody {
  // As arrays, which are copied at one stroke: a hundred thousand ids would be walked one by one.
  const state = { ...live, signalIds: live.signalIds.toArray(), tradeIds: live.tradeIds.toArray() }
  return {
    form: SNAPSHOT_FORM,
    instance: state.instance,
    now: state.now,
    orderCount: state.orderCount,
    instruments: [...state.instruments.values()],
    accounts: [...state.accounts.values()].map((account) => ({ ...account })),
    traders: [...state.traders.values()].map(({ config, state: traderState, decidedSteps }) => ({
      config,
      state: traderState,
      decidedSteps: [...decidedSteps],
    })),
    orders: [...state.orders.values()],
    closedOrders: [...state.closedOrders],
    positions: [...state.positions.values()],
    openPositions: booksInOrder(state).flatMap(({ open }) => [...open]),
    emulatedOrders: booksInOrder(state).flatMap(({ emulated }) => [...emulated]),
    guards: [...state.guards],
    ocoGroups: [...state.ocoGroups].map(([name, { winner }]) => [name, winner]),
    averageTrueRanges: [...state.averageTrueRanges],
    lossReached: [...state.lossReached],
    lastCandles: [...state.lastCandles.values()],
    orderTimes: [...state.orderTimes],
    halt: state.halt,
    flattenAttempts: [...state.flattenAttempts],
    closeRefusals: [...state.closeRefusals],
    limits: state.limits,
    differences: [...state.differences.values()],
    settledDifferences: [...state.settledDifferences.values()],
    foreignFees: [...state.foreignFees.values()],
    signalIds: [...state.signalIds],
    tradeIds: [...state.tradeIds],
  }
}

function* piecesOf(body: SnapshotBody): Generator<string> {
  let before = '{'
  for (const [name, value] of Object.entries(body) as readonly [string, unknown][]) {
    const key = `${before}${JSON.stringify(name)}:`
    before = ','
    if (!Array.isArray(value)) yield `${key}${JSON.stringify(plain(value))}`
    else if (value.length === 0) yield `${key}[]`
    else {
      yield `${key}[`
      for (let at = 0; at < value.length; at += PIECE_MEMBERS) {
        const members = JSON.stringify(value.slice(at, at + PIECE_MEMBERS).map(plain)).slice(1, -1)
        yield at === 0 ? members : `,${members}`
      }
      yield ']'
    }
  }
  yield '}'
}

/** The same with exact values as text. By hand: a replacer of `JSON.stringify` is called for each of all properties and takes four times as long. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  if ('units' in value && 'scale' in value) return encode(value as Fixed<string>)
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value)) copy[name] = plain((value as Readonly<Record<string, unknown>>)[name])
  return copy
}

interface Encoded {
  readonly $: string
  readonly currency?: string
}

function encode(value: Fixed<string> & { readonly currency?: string }): Encoded {
  return value.currency === undefined ? { $: fixed.format(value) } : { $: fixed.format(value), currency: value.currency }
}

function isEncoded(value: unknown): value is Encoded {
  return typeof value === 'object' && value !== null && '$' in value
}

/** The other way round, in place: a reviver of `JSON.parse` takes as much longer. */
function exact(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isEncoded(value)) return value.currency === undefined ? fixed.parse(value.$) : Money.parse(value.$, value.currency)
  if (Array.isArray(value)) for (let at = 0; at < value.length; at += 1) value[at] = exact(value[at])
  else {
    const object = value as Record<string, unknown>
    for (const name of Object.keys(object)) object[name] = exact(object[name])
  }
  return value
}

/** The state a snapshot holds, or undefined when its form is not ours. */
export function readSnapshot(text: string): EngineState | undefined {
  const body = exact(JSON.parse(text)) as SnapshotBody
  if (body.form !== SNAPSHOT_FORM) return undefined
  const state = createState(body.instance)
  state.now = body.now
  state.orderCount = body.orderCount
  for (const instrument of body.instruments) state.instruments.set(instrument.symbol, instrument)
  for (const account of body.accounts) state.accounts.set(account.currency, account)
  for (const { config, state: traderState, decidedSteps } of body.traders) {
    state.traders.set(config.traderId, { config, state: traderState, decidedSteps: new Map(decidedSteps) as TrackedTrader['decidedSteps'] })
  }
  for (const order of body.orders) indexOrder(state, order)
  for (const clientOrderId of body.closedOrders) state.closedOrders.add(clientOrderId)
  for (const [name, winner] of body.ocoGroups) {
    const group = state.ocoGroups.get(name)
    if (group !== undefined) group.winner = winner ?? undefined
  }
  for (const position of body.positions) {
    state.positions.set(positionKey(position.traderId, position.symbol), position)
    indexPosition(state, position, SignedQuantity.ZERO)
  }
  restoreOrder(state, body)
  for (const [key, guard] of body.guards) {
    state.guards.set(key, guard)
    if (guard.closing !== undefined) state.closing.add(key)
  }
  for (const [key, range] of body.averageTrueRanges) state.averageTrueRanges.set(key, range)
  for (const [currency, day] of body.lossReached) state.lossReached.set(currency, day)
  for (const candle of body.lastCandles) state.lastCandles.set(candleKey(candle.symbol, candle.timeframe), candle)
  for (const key of state.positions.keys()) revaluePosition(state, key)
  state.orderTimes = [...body.orderTimes]
  state.halt = body.halt
  for (const [key, attempts] of body.flattenAttempts) state.flattenAttempts.set(key, attempts)
  for (const [key, ts] of body.closeRefusals) state.closeRefusals.set(key, ts)
  state.limits = body.limits
  for (const difference of body.differences) openDifference(state, difference)
  for (const settled of body.settledDifferences) state.settledDifferences.set(settled.difference.differenceId, settled)
  for (const fees of body.foreignFees) state.foreignFees.set(fees.currency, fees)
  for (const id of body.signalIds) state.signalIds.add(id)
  for (const id of body.tradeIds) state.tradeIds.add(id)
  return state
}

function booksInOrder(state: Pick<EngineState, 'books'>): SymbolBook[] {
  return [...state.books].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, book]) => book)
}

/** Sets keep the order in which their members came; what they are counted from has lost it. */
function restoreOrder(state: EngineState, { openPositions, emulatedOrders }: SnapshotBody): void {
  for (const { open, emulated } of state.books.values()) {
    for (const key of openPositions) if (open.delete(key)) open.add(key)
    for (const id of emulatedOrders) if (emulated.delete(id)) emulated.add(id)
  }
}
