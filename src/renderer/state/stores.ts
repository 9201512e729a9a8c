import { create } from 'zustand'
import type { DifferenceView } from '#contract/reconcile.ts'
import type {
  AlertView,
  BalanceView,
  OrderView,
  PositionView,
  PriceView,
  RiskView,
  SignalView,
  StatusView,
  TradeView,
} from '#contract/views.ts'
import type { StreamStatus } from '#renderer/client/stream-client.ts'
import type { Phase } from './rows.ts'
import { createRowsStore } from './rows.ts'

/** What the stream keeps up to date. Lists newest first. */
export const trades = createRowsStore<TradeView>((row) => row.id)
export const orders = createRowsStore<OrderView>((row) => row.id)
export const positions = createRowsStore<PositionView>((row) => row.id)
export const signals = createRowsStore<SignalView>((row) => row.id)
export const alerts = createRowsStore<AlertView>((row) => `${row.seq}:${row.code}`)
export const balances = createRowsStore<BalanceView>((row) => `${row.exchange}:${row.currency}`)
export const differences = createRowsStore<DifferenceView>((row) => row.id)
export const prices = createRowsStore<PriceView>((row) => row.symbol)

export interface ValueState<T> {
  readonly phase: Phase
  readonly value: T | undefined
}
export const useSystem = create<ValueState<StatusView>>(() => ({ phase: { kind: 'loading' }, value: undefined }))
export const useRisk = create<ValueState<RiskView>>(() => ({ phase: { kind: 'loading' }, value: undefined }))
/** `turns` counts how often the line came (back); what is asked for rather than streamed is asked again then. */
export const useConnection = create<{ readonly status: StreamStatus; readonly turns: number }>(() => ({
  status: { state: 'connecting' },
  turns: 0,
}))

const NO_PRICE = undefined

/** The newest price of one instrument; a component that asks for one symbol draws only when that one changes. */
export function usePrice(symbol: string | undefined): PriceView | undefined {
  return prices.use((state) => (symbol === undefined ? NO_PRICE : state.rows.find((row) => row.symbol === symbol)))
}

/** The balance the screen is about: the one with the most behind it is the first the account lists. */
export function useMainBalance(): BalanceView | undefined {
  return balances.use((state) => state.rows.at(-1))
}
