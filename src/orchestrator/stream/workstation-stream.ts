import type { Channel } from '#contract/stream.ts'
import type { CandleEvent, StatusView } from '#contract/views.ts'
import type { JournalEntry } from '#domain/facts.ts'
import type { Quote } from '#engine/ports.ts'
import type { Clock } from '#platform/clock.ts'
import type { ReadModel } from '../read-model/read-model.ts'
import type { SendFrame, StreamSession } from '../workstation-api.ts'
import { ChannelHub, type ChannelHubOptions } from './channel-hub.ts'

/** Rows of a list that a snapshot shows. */
export const SNAPSHOT_ROWS_MAX = 200
const STATUS_FACTS: ReadonlySet<string> = new Set([
  'TraderChanged',
  'TraderRemoved',
  'TradingHalted',
  'TradingResumed',
  'DifferenceFound',
  'DifferenceClosed',
  'ReconciliationDone',
])

export interface WorkstationStreamOptions {
  readonly readModel: ReadModel
  readonly status: () => StatusView
  readonly clock: Clock
  readonly schedule?: ChannelHubOptions['schedule']
}

/** Read model and hub together: facts and quotes go in, followers hear of them. */
export class WorkstationStream {
  readonly #options: WorkstationStreamOptions
  readonly #hub: ChannelHub
  readonly #forming = new Map<string, CandleEvent>()

  constructor(options: WorkstationStreamOptions) {
    this.#options = options
    const { clock, schedule } = options
    this.#hub = new ChannelHub({ clock, schedule, snapshot: (channel, symbol) => this.#snapshot(channel, symbol) })
  }

  /** Folds facts into the read model and tells the followers. In order, each once. */
  onEntries(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      this.#hub.emit(this.#options.readModel.apply(entry))
      if (entry.fact.type === 'CandleClosed') this.#forming.delete(candleKey(entry.fact))
      if (STATUS_FACTS.has(entry.fact.type)) this.statusChanged(entry.fact.ts)
    }
  }

  onQuote(quote: Quote): void {
    this.#hub.emit(this.#options.readModel.onQuote(quote))
  }

  /** A candle that is still open; followers get it ten times a second at most. */
  onFormingCandle(event: CandleEvent, ts: number): void {
    const key = candleKey(event)
    this.#forming.set(key, event)
    this.#hub.publishState({ channel: 'candles', ts, key, latest: () => this.#forming.get(key) })
  }

  /** The state of a part changed: followers of `system` get the status as it stands. */
  statusChanged(ts = this.#options.clock.now()): void {
    this.#hub.publishState({ channel: 'system', ts, key: 'status', latest: this.#options.status })
  }

  openStream(send: SendFrame): StreamSession {
    return this.#hub.openStream(send)
  }

  get hub(): ChannelHub {
    return this.#hub
  }

  close(): void {
    this.#hub.close()
  }

  #snapshot(channel: Channel, symbol: string | undefined): unknown {
    const rows = this.#rows(channel)
    if (!Array.isArray(rows) || symbol === undefined) return rows
    return rows.filter((row: { readonly symbol?: unknown }) => typeof row.symbol !== 'string' || row.symbol === symbol)
  }

  #rows(channel: Channel): unknown {
    const { readModel, status } = this.#options
    switch (channel) {
      case 'orders':
      case 'trades':
      case 'signals':
      case 'alerts':
        return readModel.recent(channel, SNAPSHOT_ROWS_MAX)
      case 'positions':
        return readModel.positions()
      case 'balances':
        return readModel.balances()
      case 'prices':
        return readModel.prices()
      case 'candles':
        return [...readModel.lastCandles(), ...this.#forming.values()]
      case 'system':
        return status()
      case 'risk':
        return readModel.risk()
      case 'differences':
        return readModel.differences.recent(SNAPSHOT_ROWS_MAX)
      case 'ml':
        return []
    }
  }
}

function candleKey(candle: { readonly symbol: string; readonly timeframe: string }): string {
  return `${candle.symbol} ${candle.timeframe}`
}
