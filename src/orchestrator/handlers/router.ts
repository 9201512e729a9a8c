import { accountHandlers } from './accounts.ts'
import { alertHandlers, auditHandlers } from './alerts.ts'
import { awayHandlers } from './away.ts'
import { createBase } from './base.ts'
import { checklistHandlers } from './checklist.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { handOverHandlers } from './hand-over.ts'
import { importHandlers } from './import.ts'
import { exchangeHandlers, marketHandlers } from './markets.ts'
import { orderHandlers } from './orders.ts'
import { parallelRunHandlers } from './parallel-run.ts'
import { positionHandlers } from './positions.ts'
import { reconcileHandlers } from './reconcile.ts'
import { riskHandlers } from './risk.ts'
import { signalHandlers } from './signals.ts'
import { systemHandlers } from './system.ts'
import { tradeHandlers } from './trades.ts'
import { strategyHandlers, traderHandlers } from './traders.ts'

/** Handlers of the whole contract, to be served by an oRPC handler with an `ApiContext`. */
export function createRouter(dependencies: HandlerDependencies) {
  const base = createBase(dependencies)
  return base.router({
    system: systemHandlers(base, dependencies),
    accounts: accountHandlers(base, dependencies),
    orders: orderHandlers(base, dependencies),
    trades: tradeHandlers(base, dependencies),
    positions: positionHandlers(base, dependencies),
    reconcile: reconcileHandlers(base, dependencies),
    away: awayHandlers(base, dependencies),
    signals: signalHandlers(base, dependencies),
    traders: traderHandlers(base, dependencies),
    strategies: strategyHandlers(base, dependencies),
    exchanges: exchangeHandlers(base, dependencies),
    markets: marketHandlers(base, dependencies),
    risk: riskHandlers(base, dependencies),
    alerts: alertHandlers(base, dependencies),
    audit: auditHandlers(base, dependencies),
    handOver: handOverHandlers(base, dependencies),
    import: importHandlers(base, dependencies),
    checklist: checklistHandlers(base, dependencies),
    parallelRun: parallelRunHandlers(base, dependencies),
  })
}
