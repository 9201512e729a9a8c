import type { ClientOrderId } from '#domain/ids.ts'
import type { VenueFill, VenueOrder } from '../ports.ts'
import type { EngineState, TrackedOrder } from '../state.ts'

/** Finds our order behind what the exchange lists: by our id, or by the exchange's where it leaves ours out. */
export class OurOrders {
  readonly #state: EngineState
  #byExchangeId: Map<string, ClientOrderId> | undefined

  constructor(state: EngineState) {
    this.#state = state
  }

  find({ clientOrderId, exchangeOrderId, symbol, side }: VenueOrder | VenueFill): TrackedOrder | undefined {
    const { orders } = this.#state
    const order =
      orders.get((clientOrderId ?? '') as ClientOrderId) ?? orders.get(this.#index().get(exchangeOrderId) ?? ('' as ClientOrderId))
    return order !== undefined && order.symbol === symbol && order.side === side ? order : undefined
  }

  #index(): ReadonlyMap<string, ClientOrderId> {
    if (this.#byExchangeId === undefined) {
      this.#byExchangeId = new Map()
      for (const { clientOrderId, exchangeOrderId } of this.#state.orders.values())
        if (exchangeOrderId !== undefined) this.#byExchangeId.set(exchangeOrderId, clientOrderId)
    }
    return this.#byExchangeId
  }
}
