import type { MessagePort } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import type { FromExchange, ToExchange } from '#engine/ports.ts'
import type { MarketSeries } from '#exchanges/market/market-source.ts'
import type { SessionCounters } from '#exchanges/session/exchange-session.ts'
import type { Logger } from '#platform/log/logger.ts'
import { openCandleCache, type CandleCache } from '#storage/cache/candle-cache.ts'
import type { FromExchangeWorker, LogLevel, ToExchangeWorker } from '../exchange.messages.ts'

/** One account at one exchange, paper or live, as its thread runs it. */
interface Session {
  readonly series: readonly MarketSeries[]
  readonly counters: SessionCounters
  receive(message: ToExchange): void
  run(): Promise<void>
  stop(): void
}

interface Init {
  readonly type: 'Init'
  readonly enginePort: MessagePort
  readonly candleCachePath: string
}

export interface SessionSurroundings {
  readonly cache: CandleCache
  readonly log: Logger
  readonly toEngine: (message: FromExchange) => void
  readonly say: (message: FromExchangeWorker) => void
}

export interface SessionService<I extends Init> {
  /** Of the thread, in the log. */
  readonly component: string
  readonly exchangeOf: (init: I) => string
  /** Whether the engine hears of a session that could not be opened. One that never was has told it nothing that must be taken back. */
  readonly tellsFailedOpening: boolean
  readonly open: (init: I, surroundings: SessionSurroundings) => Promise<Session>
}

function makeLogger(component: string, say: (message: FromExchangeWorker) => void): Logger {
  const at = (level: LogLevel) => (fields: object, message: string) => say({ type: 'Log', level, component, fields, message })
  const child: Logger['child'] = (bindings) => makeLogger(bindings.component, say)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child }
}

/** Runs the session of an exchange thread from `Init` to `Stop`, over the worker's own port. */
export function serveSession<I extends Init>(control: MessagePort, service: SessionService<I>): void {
  const say = (message: FromExchangeWorker): void => control.postMessage(message)
  const log = makeLogger(service.component, say)
  let session: Session | undefined
  let running: Promise<void> | undefined
  let enginePort: MessagePort | undefined
  let isStopping = false

  const work = async (init: I, toEngine: SessionSurroundings['toEngine']): Promise<void> => {
    const cache = openCandleCache(init.candleCachePath)
    try {
      const opened = await service.open(init, { cache, log, toEngine, say })
      if (isStopping) return
      session = opened
      init.enginePort.on('message', (message: ToExchange) => opened.receive(message))
      const over = opened.run()
      say({ type: 'Ready', series: opened.series })
      await over
    } finally {
      cache.close()
    }
  }

  const run = async (init: I): Promise<void> => {
    const toEngine = (message: FromExchange): void => init.enginePort.postMessage(message)
    try {
      await work(init, toEngine)
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'BUG'
      const message = error instanceof Error ? error.message : String(error)
      log.error({ code, stack: error instanceof Error ? error.stack : undefined }, message)
      const nothing = { ts: 0, instruments: [], openingBalances: [] } as const
      if (session !== undefined || service.tellsFailedOpening)
        toEngine({ type: 'ExchangeStatus', exchange: service.exchangeOf(init), connected: false, ...nothing, reason: message })
      say({ type: 'Failed', code, message })
    }
  }

  /** Ends by itself: what was said is delivered, then nothing keeps the thread alive. */
  const stop = async (): Promise<void> => {
    if (isStopping) return
    isStopping = true
    session?.stop()
    await running
    say({ type: 'Stopped' })
    enginePort?.close()
    control.close()
  }

  control.on('message', (message: Exclude<ToExchangeWorker, { readonly type: 'Init' }> | I) => {
    if (message.type === 'Init') {
      enginePort = message.enginePort
      running = run(message)
    } else if (message.type === 'Ping') say({ type: 'Pong', id: message.id, counters: session?.counters })
    else void stop()
  })
}
