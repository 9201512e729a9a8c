import { z } from 'zod'
import type { DifferenceView } from './reconcile.ts'
import type {
  AlertView,
  BalanceView,
  CandleEvent,
  OrderView,
  PositionView,
  PriceView,
  RiskView,
  SignalView,
  StatusView,
  TradeView,
} from './views.ts'

/** The event stream: a snapshot first, deltas after, numbered per channel. The same frames over WebSocket and MessagePort. */
export const CHANNELS = [
  'trades',
  'orders',
  'positions',
  'balances',
  'signals',
  'prices',
  'candles',
  'system',
  'alerts',
  'ml',
  'risk',
  'differences',
] as const
export type Channel = (typeof CHANNELS)[number]

/** What an event of each channel carries; a snapshot is an array of it, newest last, or the thing itself for `system` and `risk`. */
export interface ChannelData {
  trades: TradeView
  orders: OrderView
  positions: PositionView
  balances: BalanceView
  signals: SignalView
  prices: PriceView
  candles: CandleEvent
  system: StatusView
  alerts: AlertView
  ml: never
  risk: RiskView
  differences: DifferenceView
}

const channel = z.enum(CHANNELS)
export const clientFrame = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('auth'), token: z.string().max(200) }),
  z.strictObject({ action: z.literal('subscribe'), channel, symbol: z.string().max(40).optional() }),
  z.strictObject({ action: z.literal('unsubscribe'), channel, symbol: z.string().max(40).optional() }),
  z.strictObject({ action: z.literal('resume'), channel, seq: z.number().int().nonnegative(), symbol: z.string().max(40).optional() }),
  z.strictObject({ action: z.literal('ping') }),
])
export type ClientFrame = z.infer<typeof clientFrame>

export type ServerFrame =
  | { readonly type: 'authenticated' }
  | { readonly type: 'subscribed'; readonly channel: Channel; readonly seq: number }
  | { readonly type: 'unsubscribed'; readonly channel: Channel }
  | { readonly type: 'snapshot'; readonly channel: Channel; readonly seq: number; readonly data: unknown }
  | { readonly type: 'event'; readonly channel: Channel; readonly seq: number; readonly ts: number; readonly data: unknown }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  | { readonly type: 'pong' }

export const STREAM_PATH = '/ws/v1/stream'
export const API_PREFIX = '/api/v1'
