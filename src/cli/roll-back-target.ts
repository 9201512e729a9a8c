import { z } from 'zod'
import { handOverView } from '#contract/hand-over.ts'
import { reconcileAnswer, reconcileView } from '#contract/reconcile.ts'
import { page } from '#contract/requests.ts'
import { orderView, positionView, stopReceipt } from '#contract/views.ts'
import type { RunningVersion3 } from '#v2-import/hand-over/roll-back-run.ts'
import { type Address, call } from './running-workstation.ts'

const exchanges = z.object({ items: z.array(z.object({ name: z.string(), kind: z.enum(['paper', 'live']) })) })
const positions = z.object({ items: z.array(positionView) })
const ORDERS_SHOWN_MAX = 1_000

/** The running workstation, by its own interface: what is done there is halted, recorded and audited as by any other caller. */
export class Version3OverRest implements RunningVersion3 {
  readonly #address: Address

  constructor(address: Address) {
    this.#address = address
  }

  async halt(reason: string): ReturnType<RunningVersion3['halt']> {
    const receipt = await call(this.#address, {
      method: 'POST',
      path: '/system/emergency-stop',
      body: { flatten: false, reason },
      output: stopReceipt,
    })
    const orders = receipt.remaining.filter(({ kind }) => kind === 'order')
    return { isConfirmed: receipt.confirmed && orders.length === 0, remaining: orders.map(({ id, detail }) => `${id}: ${detail}`) }
  }

  async ordersLeft(): Promise<readonly string[] | undefined> {
    const { finished } = await call(this.#address, { method: 'POST', path: '/reconcile', body: {}, output: reconcileAnswer })
    if (!finished) return undefined
    const [open, { external_orders: external }] = await Promise.all([
      call(this.#address, { method: 'GET', path: `/orders?status=OPEN&limit=${ORDERS_SHOWN_MAX}`, output: page(orderView) }),
      call(this.#address, { method: 'GET', path: '/reconcile?limit=1', output: reconcileView }),
    ])
    // Orders that are not ours may be version 2's own: they are shown in the hand-over, and are none of version 3's.
    const lost = external.filter(({ order_id: id }) => id !== null)
    return [
      ...open.items.map(({ id, symbol, status }) => `${id} ${symbol} ${status}`),
      ...lost.map(({ exchange_order_id: id, theirs }) => `${id ?? ''} ${theirs}`),
    ]
  }

  async positions(): Promise<readonly string[]> {
    const { items } = await call(this.#address, { method: 'GET', path: '/positions', output: positions })
    return items
      .filter(({ side }) => side !== 'FLAT')
      .map(({ exchange, symbol, side, quantity, entry_price: entry, stop_loss: stop, trader_id: trader }) => {
        const guarded = stop === null ? 'no stop' : `stop ${stop}, which version 3 no longer watches`
        return `${exchange} ${symbol} ${side} ${quantity} from ${entry ?? 'unknown'} (${trader}; ${guarded})`
      })
  }

  async release(reason: string): ReturnType<RunningVersion3['release']> {
    const { items } = await call(this.#address, { method: 'GET', path: '/exchanges', output: exchanges })
    if (items.every(({ kind }) => kind === 'paper'))
      return { isReleased: true, words: 'version 3 trades invented money here: there is no account to give up, and it is halted' }
    const { v2_trading: claim, shadow } = await call(this.#address, {
      method: 'PUT',
      path: '/import/v2-trading',
      body: { trading: true, reason },
      output: handOverView.pick({ v2_trading: true, shadow: true }),
    })
    return { isReleased: claim !== null && shadow !== null, words: shadow ?? 'it still sends orders' }
  }
}
