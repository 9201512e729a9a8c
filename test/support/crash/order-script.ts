import { setTimeout as sleep } from 'node:timers/promises'
import type { LoopbackVenue } from '../loopback-venue/loopback-venue.ts'
import type { LiveWorkstation, OrderRow } from './live-workstation.ts'

const SYMBOLS = ['BTC/USDT:USDT', 'ETH/USDT:USDT'] as const
type Symbol = (typeof SYMBOLS)[number]
const MARKET: Readonly<
  Record<Symbol, { readonly name: string; readonly digits: number; readonly lot: number; readonly lotDigits: number }>
> = {
  'BTC/USDT:USDT': { name: 'BTCUSDT', digits: 1, lot: 0.001, lotDigits: 3 },
  'ETH/USDT:USDT': { name: 'ETHUSDT', digits: 2, lot: 0.01, lotDigits: 2 },
}
const LOTS_MAX = 12
const ACTED_DEADLINE_MS = 30_000
const RETRY_MS = 100

export interface SignalAnswer {
  readonly outcome: string
  readonly reason?: string
  readonly order_id?: string
}

/** Orders of every sort through REST, as a person in a hurry would give them. Seeded; how each ends is the program's affair. */
export class OrderScript {
  readonly #venue: LoopbackVenue
  readonly #random: () => number
  acts = 0

  constructor(venue: LoopbackVenue, random: () => number) {
    this.#venue = venue
    this.#random = random
  }

  /** One thing after another until the program is gone or `until` says so. */
  async run(workstation: LiveWorkstation, until: () => boolean): Promise<void> {
    while (!workstation.hasExited && !until()) {
      await this.#act(workstation)
      this.acts += 1
      await sleep(Math.floor(this.#random() * 30))
    }
  }

  /** An order that passes the gate, tried on both symbols; its id, or undefined when the program died over it. */
  async place(workstation: LiveWorkstation, type: 'MARKET' | 'LIMIT'): Promise<string | undefined> {
    const deadline = performance.now() + ACTED_DEADLINE_MS
    let last = ''
    for (let n = 0; performance.now() < deadline && !workstation.hasExited; n += 1) {
      const symbol = SYMBOLS[n % 2] ?? SYMBOLS[0]
      const answer = await workstation.request<SignalAnswer>('POST', '/orders', await this.#order(symbol, type, 0.05))
      if (answer === undefined) return undefined
      if (answer.body.outcome === 'ACCEPTED') return answer.body.order_id
      last = JSON.stringify(answer.body)
      await sleep(RETRY_MS)
    }
    if (workstation.hasExited) return undefined
    throw new Error(`no order passed the gate: ${last}`)
  }

  /** A limit order that the exchange has confirmed. */
  async rest(workstation: LiveWorkstation): Promise<string> {
    const id = await this.place(workstation, 'LIMIT')
    if (id === undefined) throw new Error(`the workstation died over an order: ${workstation.stderr}`)
    await workstation.until(`acceptance of ${id}`, ACTED_DEADLINE_MS, async () => {
      const answer = await workstation.request<OrderRow>('GET', `/orders/${id}`)
      return answer?.status === 200 && answer.body.status === 'ACCEPTED'
    })
    return id
  }

  async amend(workstation: LiveWorkstation, order: { readonly id: string; readonly symbol?: string }): Promise<void> {
    const symbol: Symbol = order.symbol === 'ETH/USDT:USDT' ? 'ETH/USDT:USDT' : 'BTC/USDT:USDT'
    const { price } = await this.#order(symbol, 'LIMIT', 0.06)
    await workstation.request('PATCH', `/orders/${order.id}`, { price })
  }

  async #act(workstation: LiveWorkstation): Promise<void> {
    const dice = this.#random()
    const symbol = SYMBOLS[Math.floor(this.#random() * SYMBOLS.length)] ?? SYMBOLS[0]
    if (dice < 0.35) await workstation.request('POST', '/orders', await this.#order(symbol, 'LIMIT', 0.0005))
    else if (dice < 0.5) await workstation.request('POST', '/orders', await this.#order(symbol, 'MARKET', 0))
    else if (dice < 0.62) await this.#reduce(workstation, symbol)
    else {
      const open = (await workstation.workingOrders()) as readonly (OrderRow & { readonly symbol: string })[]
      const one = open[Math.floor(this.#random() * open.length)]
      if (one === undefined) return
      if (dice < 0.85) await workstation.request('DELETE', `/orders/${one.id}`)
      else await this.amend(workstation, one)
    }
  }

  async #reduce(workstation: LiveWorkstation, symbol: Symbol): Promise<void> {
    const { quantity } = await this.#order(symbol, 'MARKET', 0)
    await workstation.request('POST', '/orders', { symbol, side: 'SELL', type: 'MARKET', quantity, reduce_only: true })
  }

  /** `away`: how far below the price a limit buy lies, as a share. */
  async #order(symbol: Symbol, type: 'MARKET' | 'LIMIT', away: number) {
    const { name, digits, lot, lotDigits } = MARKET[symbol]
    const prices = await this.#venue.prices()
    const last = Number(prices[name]?.last ?? 0)
    const quantity = ((1 + Math.floor(this.#random() * LOTS_MAX)) * lot).toFixed(lotDigits)
    const price = (last * (1 - away * (1 + this.#random()))).toFixed(digits)
    return { symbol, side: 'BUY', type, quantity, ...(type === 'LIMIT' ? { price } : {}) }
  }
}
