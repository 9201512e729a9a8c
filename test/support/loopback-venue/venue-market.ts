import { decimal, show, type Decimal } from '../replay/decimal.ts'

/** One market of the venue. Prices are counted in ticks, sizes in lots: whole numbers, so nothing rounds. */
export interface VenueInstrument {
  readonly symbol: string
  readonly base: string
  readonly quote: string
  readonly tick: Decimal
  readonly lot: Decimal
  readonly minLots: number
  readonly maxLots: number
  readonly minNotional: string
  readonly takerRate: string
  readonly makerRate: string
  readonly startTicks: number
}

export const VENUE_INSTRUMENTS: readonly VenueInstrument[] = [
  {
    symbol: 'BTCUSDT',
    base: 'BTC',
    quote: 'USDT',
    tick: decimal('0.1'),
    lot: decimal('0.001'),
    minLots: 1,
    maxLots: 1_190_000,
    minNotional: '5',
    takerRate: '0.00055',
    makerRate: '0.0002',
    startTicks: 600_000,
  },
  {
    symbol: 'ETHUSDT',
    base: 'ETH',
    quote: 'USDT',
    tick: decimal('0.01'),
    lot: decimal('0.01'),
    minLots: 1,
    maxLots: 724_000,
    minNotional: '5',
    takerRate: '0.00055',
    makerRate: '0.0002',
    startTicks: 300_000,
  },
]

const MINUTE_MS = 60_000
/** Largest move of one step, in ticks. */
const STEP_TICKS_MAX = 40
const BARS_KEPT = 3_000

interface Bar {
  readonly start: number
  readonly open: number
  high: number
  low: number
  close: number
  volume: number
}

export const priceText = (instrument: VenueInstrument, ticks: number): string =>
  show({ units: instrument.tick.units * BigInt(ticks), scale: instrument.tick.scale })

/** A seeded price walk with one-minute bars. The time before the venue was started is invented the same way each time. */
export class PriceWalk {
  readonly instrument: VenueInstrument
  readonly #random: () => number
  readonly #bars: Bar[] = []
  last: number

  constructor(instrument: VenueInstrument, random: () => number) {
    this.instrument = instrument
    this.#random = random
    this.last = instrument.startTicks
  }

  get bid(): number {
    return this.last - 1
  }

  get ask(): number {
    return this.last + 1
  }

  /** The price moves a little; it is drawn back to where it began, so that a long run stays on the scale. */
  step(now: number): void {
    const drift = (this.instrument.startTicks - this.last) / 200
    this.set(now, Math.round(this.last + drift + (this.#random() * 2 - 1) * STEP_TICKS_MAX))
  }

  set(now: number, ticks: number): void {
    this.last = Math.max(2, ticks)
    const start = Math.floor(now / MINUTE_MS) * MINUTE_MS
    const bar = this.#bars.at(-1)
    if (bar === undefined || bar.start !== start) {
      this.#bars.push({ start, open: this.last, high: this.last, low: this.last, close: this.last, volume: 1 })
      if (this.#bars.length > BARS_KEPT) this.#bars.shift()
      return
    }
    bar.high = Math.max(bar.high, this.last)
    bar.low = Math.min(bar.low, this.last)
    bar.close = this.last
    bar.volume += 1
  }

  /** `[start, open, high, low, close, volume, turnover]`, newest first, the running bar included: as the venue's `kline` gives them. */
  bars(span: { readonly intervalMs: number; readonly start: number; readonly end: number; readonly limit: number }): readonly string[][] {
    const { intervalMs, limit } = span
    const rows: string[][] = []
    const newest = Math.floor(span.end / intervalMs) * intervalMs
    for (let start = newest; start >= span.start && rows.length < limit; start -= intervalMs) {
      const parts = Array.from({ length: intervalMs / MINUTE_MS }, (_, index) => this.#minute(start + index * MINUTE_MS)).filter(
        (bar) => bar.start <= span.end,
      )
      const [first] = parts
      if (first === undefined) continue
      const text = (ticks: number): string => priceText(this.instrument, ticks)
      const volume = parts.reduce((sum, { volume: each }) => sum + each, 0)
      const high = Math.max(...parts.map((bar) => bar.high))
      const low = Math.min(...parts.map((bar) => bar.low))
      rows.push([String(start), text(first.open), text(high), text(low), text(parts.at(-1)?.close ?? first.close), String(volume), '0'])
    }
    return rows
  }

  #minute(start: number): Bar {
    return this.#bars.find((bar) => bar.start === start) ?? this.#invented(start)
  }

  #invented(start: number): Bar {
    const at = (minute: number): number => {
      const wave = Math.sin(minute / 37) * 0.01 + Math.sin(minute / 3) * 0.001
      return Math.round(this.instrument.startTicks * (1 + wave))
    }
    const minute = start / MINUTE_MS
    const [open, close] = [at(minute), at(minute + 1)]
    return { start, open, close, high: Math.max(open, close) + 5, low: Math.min(open, close) - 5, volume: 10 + (minute % 7) }
  }
}
