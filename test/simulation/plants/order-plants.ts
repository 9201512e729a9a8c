import type { Plant } from './plant-hook.ts'

/** What becomes of an order: outcomes, cancels, amendments, pairs. */
export const ORDER_PLANTS: readonly Plant[] = [
  {
    name: 'a stop that has begun to fill commits nothing',
    file: 'src/engine/orders/exposure.ts',
    find: '(isConditional(typeOnWire(order)) && Quantity.isZero(order.filledQuantity))',
    replace: 'isConditional(typeOnWire(order))',
  },
  {
    name: 'an order leaves after the connection is gone',
    file: 'src/engine/reconcile/outcomes.ts',
    find: 'if (!tx.state.connected || tx.state.shadow !== undefined) return',
    replace: '',
  },
  {
    name: 'a decision goes by what was true before',
    file: 'src/engine/reconcile/decide.ts',
    find: 'if (fixed.compare(netPosition(state, instrument.symbol), SignedQuantity.parse(difference.ours)) !== 0) {',
    replace: 'if (instrument.symbol === difference.ours) {',
  },
  {
    name: 'an exit overlooks entries the other way',
    file: 'src/engine/orders/exit-room.ts',
    find: 'if (!order.reduceOnly) promised =',
    replace: 'if (!order.reduceOnly && order.replacing === false) promised =',
  },
  {
    name: 'an exit does not wait for the stop beside it',
    file: 'src/engine/orders/exit-room.ts',
    find: 'return Quantity.isZero(waiting) || isKeptByReduceOnly(state, holder) ?',
    replace: 'return isKeptByReduceOnly(state, holder) || waiting !== undefined ?',
  },
  {
    name: 'an entry does not wait for a stop on its way out',
    file: 'src/engine/risk/doors.ts',
    find: 'return loose === undefined ?',
    replace: 'return loose !== symbol ?',
  },
  {
    name: 'the late echo of an amendment is believed',
    file: 'src/engine/orders/amend-reports.ts',
    find: 'if (order.amending !== undefined || order.replacing === true) settle',
    replace: 'if (tx.ts > 0) settle',
  },
  {
    name: 'orders of others do not lock coins',
    file: 'src/engine/orders/exit-room.ts',
    find: "if (external === undefined || instrument?.kind !== 'spot') return undefined",
    replace: "if (external === undefined || instrument?.kind !== 'perpetual') return undefined",
  },
  {
    name: 'a retry has a new id',
    file: 'src/engine/reconcile/outcomes.ts',
    find: '  inquiry.nextAskAt = tx.ts\n  send(tx, order)',
    replace:
      '  inquiry.nextAskAt = tx.ts\n  send(tx, { ...order, clientOrderId: `${order.clientOrderId}r` as typeof order.clientOrderId })',
  },
  {
    name: 'no answer is taken for a refusal',
    file: 'src/engine/reconcile/outcomes.ts',
    find: "transition(tx, order, 'LOSE', { ts, reason })\n  ask(tx, order)",
    replace: "transition(tx, order, 'REJECT', { ts, reason })",
  },
  {
    name: 'not found means not there, at once',
    file: 'src/engine/reconcile/outcomes.ts',
    find: 'if (report.authoritative) {',
    replace: 'if (tx.ts > 0) {',
  },
  {
    name: 'absence is believed before the window is over',
    file: 'src/engine/reconcile/outcomes.ts',
    find: 'if (inquiry.notFounds < needed || tx.ts - inquiry.since < capabilities.acceptanceWindowMs) return',
    replace: 'if (inquiry.notFounds < 1) return',
  },
  {
    name: 'an unknown order gives its exposure back',
    file: 'src/engine/orders/fold-orders.ts',
    find: 'const stillWorks = isWorking(after.status)\n',
    replace: "const stillWorks = isWorking(after.status) && after.status !== 'UNKNOWN'\n",
  },
  {
    name: 'an unknown order blocks nothing',
    file: 'src/engine/risk/doors.ts',
    find: "for (const id of state.unknownOrders.get(symbol) ?? []) return { reason: 'OUTCOME_UNKNOWN_PENDING', value: id }",
    replace: '',
  },
  {
    name: 'a canceled order is accepted again',
    file: 'src/domain/order.ts',
    find: "CANCELED: { FILL_PART: 'CANCELED', FILL_ALL: 'FILLED' },",
    replace: "CANCELED: { ACCEPT: 'ACCEPTED', FILL_PART: 'CANCELED', FILL_ALL: 'FILLED' },",
  },
  {
    name: 'a refused cancel ends the order',
    file: 'src/engine/orders/reports.ts',
    find: "transition(tx, order, 'REFUSE_CANCEL', { ts: report.ts, reason: report.reason })",
    replace: "transition(tx, order, 'CANCEL', { ts: report.ts, reason: report.reason })",
  },
  {
    name: 'the wish to cancel is forgotten when an order is found',
    file: 'src/engine/reconcile/outcomes.ts',
    find: "if (now.status === 'PENDING_CANCEL' ? now.replacing !== true : isToBeStopped(tx.state, now))",
    replace: "if (now.status !== 'PENDING_CANCEL' && isToBeStopped(tx.state, now))",
  },
  {
    name: 'a second signal of the same id trades',
    file: 'src/engine/signals.ts',
    find: 'if (!tx.state.signalIds.has(signalKey(signal.traderId, signal.signalId))) return undefined',
    replace: 'if (tx.ts > 0) return undefined',
  },
  {
    name: 'signals are forgotten by a restart from a snapshot',
    file: 'src/engine/snapshot.ts',
    find: 'signalIds: [...state.signalIds],',
    replace: 'signalIds: [],',
  },
  {
    name: 'a signal trades after its time',
    file: 'src/engine/signals.ts',
    find: 'signal.expiresAt !== undefined && signal.expiresAt <= tx.ts',
    replace: 'signal.expiresAt !== undefined && signal.expiresAt <= signal.ts',
  },
  {
    name: 'an amendment counts only what is asked for',
    file: 'src/engine/orders/exposure.ts',
    find: 'return Quantity.compare(amended, open) > 0 ? amended : open',
    replace: 'return amended',
  },
  {
    name: 'the other order of a pair is left to trade',
    file: 'src/engine/orders/fold-orders.ts',
    find: 'else group.working.add(clientOrderId)',
    replace: '',
  },
  {
    name: 'pairs are forgotten by a snapshot',
    file: 'src/engine/orders/fold-orders.ts',
    find: 'if (order.ocoGroup !== undefined) joinGroup(state, order.ocoGroup, order)\n  countOrder(state, order, 1, { money: false })',
    replace: 'countOrder(state, order, 1, { money: false })',
  },
  {
    name: 'emulated orders are lost by a snapshot',
    file: 'src/engine/snapshot.ts',
    find: 'orders: [...state.orders.values()],',
    replace: "orders: [...state.orders.values()].filter((order) => order.status !== 'EMULATED'),",
  },
  {
    name: 'a target waits on the wrong side',
    file: 'src/engine/orders/release.ts',
    find: 'const above = waitsAbove(order.type, order.side)',
    replace: "const above = order.side === 'BUY'",
  },
  {
    name: 'the same id is made twice',
    file: 'src/engine/orders/fold-orders.ts',
    find: 'state.orderCount += 1',
    replace: 'state.orderCount += 0',
  },
]
