import type { Plant } from './plant-hook.ts'

/** Stops, halts, protection, restarts, comparison with the exchange. */
export const SAFETY_PLANTS: readonly Plant[] = [
  {
    name: 'the lease is not looked at',
    file: 'src/engine/engine.ts',
    find: 'if (input.shadow !== undefined) enterShadow(tx, input.shadow)',
    replace: '',
  },
  {
    name: 'orders leave while halted',
    file: 'src/engine/risk/doors.ts',
    find: 'if (state.halt !== null && !(exit && byPerson))',
    replace: 'if (state.halt !== null && state.now < 0)',
  },
  {
    name: 'a halt is forgotten by a snapshot',
    file: 'src/engine/snapshot.ts',
    find: 'halt: state.halt,',
    replace: 'halt: null,',
  },
  {
    name: 'trading resumes by itself after a reconnect',
    file: 'src/engine/engine.ts',
    find: '    state.connected = true\n',
    replace: '    state.connected = true\n    state.halt = null\n',
  },
  {
    name: 'a halt leaves alone what is not confirmed',
    file: 'src/engine/halt.ts',
    find: "if (!isWorking(order.status) || order.purpose === 'FLATTEN'",
    replace: "if (order.exchangeOrderId === undefined || !isWorking(order.status) || order.purpose === 'FLATTEN'",
  },
  {
    name: 'flattening does not wait for what works',
    file: 'src/engine/halt.ts',
    find: 'position.quantity.units === 0n || state.workingByKey.has(key)',
    replace: 'position.quantity.units === 0n',
  },
  {
    name: 'the stop tries once and no more',
    file: 'src/engine/orders/flattening.ts',
    find: 'if (attempts === undefined) return true',
    replace: 'if (attempts === undefined) return true\n  if (attempts.failed > 0) return false',
  },
  {
    name: 'exits under way do not count',
    file: 'src/engine/orders/intent.ts',
    find: "let exiting = side === 'BUY' ? Quantity.add(entryBuy, exitBuy) : Quantity.add(entrySell, exitSell)",
    replace: 'let exiting = Quantity.ZERO',
  },
  {
    name: 'closing takes what another exit was promised',
    file: 'src/engine/orders/exit-room.ts',
    find: 'const room = Quantity.subtract(held, Quantity.min(held, promisedQuantity(state, holder, side)))',
    replace: 'const room = Quantity.compare(held, promisedQuantity(state, holder, side)) < 0 ? held : held',
  },
  {
    name: 'exits stay when their position is gone',
    file: 'src/engine/follow-up.ts',
    find: 'if (position === undefined || position.quantity.units === 0n) return cancelExits(tx, key)',
    replace: 'if (position === undefined || position.quantity.units === 0n) return',
  },
  {
    name: 'a stop is loosened',
    file: 'src/engine/protection/move-stop.ts',
    find: 'if (held.stopLoss !== undefined && advantage(sight, stop, held.stopLoss) <= 0) return false',
    replace: 'if (held.stopLoss !== undefined && advantage(sight, stop, held.stopLoss) === 0) return false',
  },
  {
    name: 'a stop is not watched',
    file: 'src/engine/protection/watch-positions.ts',
    find: "else return beginClose(tx, key, 'STOP_LOSS')",
    replace: 'else return',
  },
  {
    name: 'a ladder takes shares of what is left',
    file: 'src/engine/protection/ladder.ts',
    find: "fixed.multiply<'Quantity'>(guard.originalQuantity,",
    replace: "fixed.multiply<'Quantity'>(SignedQuantity.magnitude(position.quantity),",
  },
  {
    name: 'plans are lost by a snapshot',
    file: 'src/engine/snapshot.ts',
    find: 'guards: [...state.guards],',
    replace: 'guards: [],',
  },
  {
    name: 'attempts to flatten are counted anew after a snapshot',
    file: 'src/engine/snapshot.ts',
    find: 'flattenAttempts: [...state.flattenAttempts],',
    replace: 'flattenAttempts: [],',
  },
  {
    name: 'the last second of orders is forgotten by a snapshot',
    file: 'src/engine/snapshot.ts',
    find: 'orderTimes: [...state.orderTimes],',
    replace: 'orderTimes: [],',
  },
  {
    name: 'the gate opens before every question is answered',
    file: 'src/engine/reconcile/reconcile.ts',
    find: 'if (state.reconciled || !state.connected || state.queries.size > 0) return\n  if (!state.capabilities.accountQuery || state.learnt.account.isCompared) state.reconciled = true',
    replace: 'if (state.connected) state.reconciled = true',
  },
  {
    name: 'a question without an answer is not asked again',
    file: 'src/engine/reconcile/questions.ts',
    find: 'export const QUERY_RETRY_MS = 5_000\nexport const QUERY_RETRY_MAX_MS = 20_000',
    replace: 'export const QUERY_RETRY_MS = 5_000_000\nexport const QUERY_RETRY_MAX_MS = 20_000_000',
  },
  {
    name: "somebody else's orders are not seen",
    file: 'src/engine/reconcile/compare-orders.ts',
    find: '      comparison.externalOrders.push(venue)\n      comparison.differs(difference)\n',
    replace: '',
  },
  {
    name: 'positions are not compared',
    file: 'src/engine/reconcile/compare-positions.ts',
    find: 'if (excess.units === 0n) {',
    replace: 'if (excess.units !== undefined) {',
  },
  {
    name: 'missed fills are not booked',
    file: 'src/engine/reconcile/account.ts',
    find: '    handleReport(tx, reportOf(order.clientOrderId, fill))\n',
    replace: '',
  },
  {
    name: 'a difference shuts nothing',
    file: 'src/engine/risk/doors.ts',
    find: 'const difference = blockingDifference(state, symbol)',
    replace: 'const difference = blockingDifference(state, `${symbol} `)',
  },
]
