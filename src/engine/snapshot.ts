import { countExposure, openQuantity } from './apply.ts'
import { revaluePosition } from './portfolio/valuation.ts'
import { Money } from '#domain/money/money.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { Fixed } from '#domain/money/fixed.ts'
import type { Account, EngineState, HeldPosition, PositionKey, TrackedOrder, TrackedTrader } from './state.ts'
import { candleKey, createState, noteFate, positionKey } from './state.ts'
import { isWorking } from '#domain/order.ts'
import type { Candle } from '#domain/candle.ts'
import type { Instrument } from '#domain/instrument.ts'

/** Version of the snapshot's form. Another form is not read: the journal is replayed from its start instead. */
const SNAPSHOT_FORM = 2

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
  readonly lastCandles: readonly Candle[]
  readonly orderTimes: readonly number[]
  readonly halt: EngineState['halt']
  readonly flattenAttempts: readonly [PositionKey, number][]
  readonly closeRefusals: readonly [PositionKey, number][]
  readonly limits: EngineState['limits']
}

/** The state as JSON. Ids remembered against doubles are left out: they are read back from the journal's last facts. */
export function writeSnapshot(state: EngineState): string {
  const body: SnapshotBody = {
    form: SNAPSHOT_FORM,
    instance: state.instance,
    now: state.now,
    orderCount: state.orderCount,
    instruments: [...state.instruments.values()],
    accounts: [...state.accounts.values()],
    traders: [...state.traders.values()].map(({ config, state: traderState, decidedSteps }) => ({
      config,
      state: traderState,
      decidedSteps: [...decidedSteps],
    })),
    orders: [...state.orders.values()],
    closedOrders: [...state.closedOrders],
    positions: [...state.positions.values()],
    lastCandles: [...state.lastCandles.values()],
    orderTimes: state.orderTimes,
    halt: state.halt,
    flattenAttempts: [...state.flattenAttempts],
    closeRefusals: [...state.closeRefusals],
    limits: state.limits,
  }
  return JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'units' in value && 'scale' in value ? encode(value as Fixed<string>) : value,
  )
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

/** The state a snapshot holds, or undefined when its form is not ours. */
export function readSnapshot(text: string): EngineState | undefined {
  const body = JSON.parse(text, (_, value: unknown) => {
    if (!isEncoded(value)) return value
    return value.currency === undefined ? fixed.parse(value.$) : Money.parse(value.$, value.currency)
  }) as SnapshotBody
  if (body.form !== SNAPSHOT_FORM) return undefined
  const state = createState(body.instance)
  state.now = body.now
  state.orderCount = body.orderCount
  for (const instrument of body.instruments) state.instruments.set(instrument.symbol, instrument)
  for (const account of body.accounts) state.accounts.set(account.currency, account)
  for (const { config, state: traderState, decidedSteps } of body.traders) {
    state.traders.set(config.traderId, { config, state: traderState, decidedSteps: new Map(decidedSteps) as TrackedTrader['decidedSteps'] })
  }
  for (const order of body.orders) restoreOrder(state, order)
  for (const clientOrderId of body.closedOrders) state.closedOrders.add(clientOrderId)
  for (const position of body.positions) state.positions.set(positionKey(position.traderId, position.symbol), position)
  for (const candle of body.lastCandles) state.lastCandles.set(candleKey(candle.symbol, candle.timeframe), candle)
  for (const key of state.positions.keys()) revaluePosition(state, key)
  state.orderTimes = [...body.orderTimes]
  state.halt = body.halt
  for (const [key, attempts] of body.flattenAttempts) state.flattenAttempts.set(key, attempts)
  for (const [key, ts] of body.closeRefusals) state.closeRefusals.set(key, ts)
  state.limits = body.limits
  return state
}

function restoreOrder(state: EngineState, order: TrackedOrder): void {
  state.orders.set(order.clientOrderId, order)
  if (!isWorking(order.status)) return
  const key = positionKey(order.traderId, order.symbol)
  const working = state.workingByKey.get(key) ?? new Set()
  state.workingByKey.set(key, working.add(order.clientOrderId))
  state.workingCount += 1
  countExposure(state, order, openQuantity(order), 1)
  noteFate(state, order)
}
