import type { Approved, OrderRequest } from '../ports.ts'

/** The seal of the gate. Called only after every check has passed; no other module may make an approved order. */
export function approve(order: OrderRequest): Approved<OrderRequest> {
  return Object.freeze(order) as Approved<OrderRequest>
}
