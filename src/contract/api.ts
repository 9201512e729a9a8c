import { oc } from '@orpc/contract'
import { z } from 'zod'
import { awayQuery, awayView } from './away.ts'
import { checklistRequest, checklistState } from './checklist.ts'
import * as handOver from './hand-over.ts'
import * as imports from './import.ts'
import { parallelRunRequest, parallelRunView } from './parallel-run.ts'
import * as reconcile from './reconcile.ts'
import * as request from './requests.ts'
import * as view from './views.ts'

/** One contract, three transports: REST under `/api/v1`, Electron's MessagePort, and in-process calls. */
const get = (path: `/${string}`, summary: string) => oc.route({ method: 'GET', path, summary })
const post = (path: `/${string}`, summary: string) => oc.route({ method: 'POST', path, summary })

export const contract = {
  system: {
    ready: get('/ready', 'Whether trading may go on; 503 with what is missing while it may not').output(
      z.object({ ready: z.boolean(), missing: z.array(z.string()) }),
    ),
    status: get('/system/status', 'State, components with evidence, traders, replay, journal, replica').output(view.statusView),
    emergencyStop: post('/system/emergency-stop', 'Halt, cancel every order, flatten if asked; answers with a receipt')
      .input(request.stopRequest)
      .output(view.stopReceipt),
    resume: post('/system/resume', 'Let trading go on; needs a typed reason')
      .input(request.resumeRequest)
      .output(z.object({ resumed_at: view.timeMs })),
  },
  accounts: {
    balance: get('/accounts/balance', 'Balances, equity and its curve')
      .input(z.object({ points: z.coerce.number().int().min(0).max(5_000).default(0) }))
      .output(z.object({ balances: z.array(view.balanceView), equity_curve: z.array(view.equityPoint) })),
  },
  orders: {
    list: get('/orders', 'Orders, newest first').input(request.orderQuery).output(request.page(view.orderView)),
    get: get('/orders/{id}', 'One order')
      .input(z.object({ id: z.string().max(40) }))
      .output(view.orderView),
    create: post('/orders', 'Ask for an order; it passes the same gate as a signal')
      .input(request.orderRequest)
      .output(request.signalAnswer),
    createOco: post('/orders/oco', 'Two orders of which only one may trade; both pass the gate, or neither is sent')
      .input(request.ocoRequest)
      .output(z.object({ orders: z.array(request.signalAnswer) })),
    amend: oc
      .route({ method: 'PATCH', path: '/orders/{id}', summary: 'Change quantity, price or trigger of a working order' })
      .input(request.amendRequest)
      .output(view.orderView),
    cancel: oc
      .route({ method: 'DELETE', path: '/orders/{id}', summary: 'Ask the exchange to cancel' })
      .input(z.object({ id: z.string().max(40) }))
      .output(z.object({ id: z.string(), status: z.string() })),
  },
  trades: { list: get('/trades', 'Fills, newest first').input(request.tradeQuery).output(request.page(view.tradeView)) },
  positions: {
    list: get('/positions', 'Open positions of every trader').output(z.object({ items: z.array(view.positionView) })),
    close: post('/positions/{id}/close', 'Close with a reduce-only market order')
      .input(z.object({ id: z.string().max(90) }))
      .output(request.signalAnswer),
    protect: oc
      .route({ method: 'PUT', path: '/positions/{id}/protection', summary: 'Set the plan that guards a position; null removes it' })
      .input(request.protectionRequest)
      .output(view.positionView),
  },
  reconcile: {
    get: get('/reconcile', 'The last comparisons with the exchange, differences (open first) and orders that are not ours')
      .input(reconcile.reconcileQuery)
      .output(reconcile.reconcileView),
    run: post('/reconcile', 'Compare the whole account with the exchange now')
      .input(z.object({}).optional())
      .output(reconcile.reconcileAnswer),
    decide: post('/reconcile/differences/{id}', 'Decide a difference: ADOPT, CLOSE, IGNORE or ASSIGN, with a typed reason')
      .input(reconcile.decideRequest)
      .output(reconcile.differenceView),
  },
  away: {
    report: get('/away', 'What happened while nobody looked: since a time, or since the last gap').input(awayQuery).output(awayView),
  },
  signals: {
    list: get('/signals', 'Signals with their outcome and the numbers behind it')
      .input(request.signalQuery)
      .output(request.page(view.signalView)),
    submit: post('/signals', 'The front door of the engine: one signal or up to 1,000, answered in order')
      .input(z.union([request.signalRequest, z.array(request.signalRequest).min(1).max(request.SIGNAL_BATCH_MAX)]))
      .output(z.union([request.signalAnswer, z.array(request.signalAnswer)])),
  },
  traders: {
    list: get('/traders', 'Traders with state and counters').output(z.object({ items: z.array(view.traderView) })),
    create: post('/traders', 'Add a trader').input(request.traderRequest).output(view.traderView),
    update: oc
      .route({ method: 'PATCH', path: '/traders/{id}', summary: 'Change parameters; takes effect by a restart of the trader' })
      .input(request.traderPatch)
      .output(view.traderView),
    remove: oc
      .route({ method: 'DELETE', path: '/traders/{id}', summary: 'Remove a stopped trader without a position' })
      .input(z.object({ id: view.traderId }))
      .output(z.object({ id: view.traderId })),
    start: post('/traders/{id}/start', 'Start')
      .input(z.object({ id: view.traderId }))
      .output(view.traderView),
    stop: post('/traders/{id}/stop', 'Stop the thread; positions stay')
      .input(z.object({ id: view.traderId }))
      .output(view.traderView),
    pause: post('/traders/{id}/pause', 'Stop new entries; exits go on')
      .input(z.object({ id: view.traderId }))
      .output(view.traderView),
    resume: post('/traders/{id}/resume', 'Let entries go on')
      .input(z.object({ id: view.traderId }))
      .output(view.traderView),
  },
  strategies: {
    list: get('/strategies', 'Built-in strategies and those in the data directory').output(z.object({ items: z.array(view.strategyView) })),
  },
  exchanges: {
    list: get('/exchanges', 'Exchanges and their instruments').output(
      z.object({
        items: z.array(
          z.object({
            name: z.string(),
            connected: z.boolean(),
            kind: z.enum(['paper', 'live']),
            instruments: z.array(view.instrumentView),
          }),
        ),
      }),
    ),
  },
  markets: {
    candles: get('/markets/{symbol}/candles', 'Candles, oldest first; write the symbol as BTC-USDT or BTC%2FUSDT')
      .input(request.candleQuery)
      .output(z.object({ symbol: z.string(), timeframe: z.string(), items: z.array(view.candleView) })),
  },
  risk: {
    get: get('/risk', 'Limits, what is used of them, and the halt').output(view.riskView),
    setLimits: oc
      .route({ method: 'PUT', path: '/risk/limits', summary: 'Set limits; recorded in the audit' })
      .input(view.riskLimits.strict())
      .output(view.riskView),
  },
  handOver: {
    table: get('/import/hand-over', 'What is open, as version 2, the exchange and this workstation say; each line is to be decided').output(
      handOver.handOverView,
    ),
    decide: post('/import/hand-over/{line}', 'Decide one line: ADOPT, CLOSE, CANCEL or IGNORE, with a typed reason')
      .input(handOver.handOverRequest)
      .output(handOver.handOverLine),
    v2Trading: oc
      .route({
        method: 'PUT',
        path: '/import/v2-trading',
        summary: 'Say whether version 2 trades the account; while it does, nothing is sent',
      })
      .input(handOver.v2TradingRequest)
      .output(handOver.handOverView.pick({ v2_trading: true, shadow: true })),
  },
  import: {
    runs: get('/import/runs', 'Imports of version 2, newest first, and what is under way').output(imports.runsView),
    start: post('/import/runs', 'Import, or try without keeping anything; the same request goes on where a run was interrupted')
      .input(imports.importRequest)
      .output(imports.jobView),
    get: get('/import/runs/{id}', 'One import with its report').input(imports.runQuery).output(imports.runDetailView),
    report: get('/import/runs/{id}/report', 'The report as Markdown').input(imports.runQuery).output(imports.reportView),
    cancel: post('/import/runs/{id}/cancel', 'Stop what is under way where it can go on from; `current` names it too')
      .input(imports.runQuery)
      .output(imports.jobView),
    rollback: post('/import/runs/{id}/rollback', 'Take back what a run brought; what a person changed since stays')
      .input(imports.runQuery)
      .output(imports.jobView),
    verify: post('/import/runs/{id}/verify', 'Compare what was imported with its source again')
      .input(imports.runAct)
      .output(imports.jobView),
    inspect: post('/import/inspect', 'What a source is: host, database, version, tables, what lies beside it')
      .input(imports.sourceRequest)
      .output(imports.sourceView),
    analyse: post('/import/analyse', 'Read every table and column of a source; GET /import/look has the result')
      .input(imports.analyseRequest)
      .output(imports.jobView),
    look: get('/import/look', 'The source that was inspected last, and its analysis').output(imports.lookView),
  },
  parallelRun: {
    get: get('/import/parallel-run', 'What version 2 signals against what this workstation decides').output(parallelRunView),
    start: post('/import/parallel-run', 'Follow the running database of version 2, read-only; answers after the first look')
      .input(parallelRunRequest)
      .output(parallelRunView),
    end: oc
      .route({ method: 'DELETE', path: '/import/parallel-run', summary: 'End it; what was compared stays to be read' })
      .output(parallelRunView),
  },
  checklist: {
    get: get('/checklist', 'The post-migration checklist as it was last measured, and how far a measurement is').output(checklistState),
    run: post('/checklist', 'Measure it now: health, database, exchanges, strategies, models, event stream, performance, backup')
      .input(checklistRequest.optional())
      .output(checklistState),
    cancel: oc.route({ method: 'DELETE', path: '/checklist', summary: 'Stop the measurement; the last one stays' }).output(checklistState),
  },
  alerts: { list: get('/alerts', 'Alerts, newest first').input(request.pageQuery).output(request.page(view.alertView)) },
  audit: { list: get('/audit', 'Who did what, when and why').input(request.pageQuery).output(request.page(view.auditView)) },
}

export type Contract = typeof contract

/** Who is calling; made by the transport, never by the caller. */
export interface ApiContext {
  /** `rest`, `window`, `cli`, `hotkey`… and, where it is known, who. */
  readonly actor: string
  readonly idempotencyKey?: string | undefined
}
