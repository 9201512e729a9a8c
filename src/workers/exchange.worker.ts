import { parentPort, type MessagePort } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import type { FromExchange, ToExchange } from '#engine/ports.ts'
import { PAPER_EXCHANGE_NAME } from '#exchanges/market/instruments.ts'
import { openPaperSession } from '#exchanges/paper-session.ts'
import type { ExchangeSession } from '#exchanges/session/exchange-session.ts'
import { systemClock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { openCandleCache } from '#storage/cache/candle-cache.ts'
import type { FromExchangeWorker, InitExchange, LogLevel, ToExchangeWorker } from './exchange.messages.ts'

if (parentPort === null) throw new Error('exchange.worker.ts runs in a worker thread only')
const control: MessagePort = parentPort

function say(message: FromExchangeWorker): void {
  control.postMessage(message)
}

function makeLogger(component: string): Logger {
  const at = (level: LogLevel) => (fields: object, message: string) => say({ type: 'Log', level, component, fields, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (bindings) => makeLogger(bindings.component) }
}

const log = makeLogger('exchange')
let session: ExchangeSession | undefined
let running: Promise<void> | undefined
let enginePort: MessagePort | undefined
let isStopping = false

async function run({ enginePort: port, session: config, candleCachePath }: InitExchange): Promise<void> {
  const toEngine = (message: FromExchange): void => port.postMessage(message)
  try {
    const cache = openCandleCache(candleCachePath)
    try {
      session = await openPaperSession(config, {
        clock: systemClock,
        log,
        sink: cache,
        outputs: {
          toEngine,
          showMarket: (news) => say({ type: 'Quotes', ...news }),
          showProgress: (progress) => say({ type: 'ReplayProgress', ...progress }),
        },
      })
      if (isStopping) return
      const opened = session
      port.on('message', (message: ToExchange) => opened.receive(message))
      const over = opened.run()
      say({ type: 'Ready', series: opened.series })
      await over
    } finally {
      cache.close()
    }
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'BUG'
    const message = error instanceof Error ? error.message : String(error)
    log.error({ code, stack: error instanceof Error ? error.stack : undefined }, message)
    toEngine({
      type: 'ExchangeStatus',
      exchange: PAPER_EXCHANGE_NAME,
      connected: false,
      ts: 0,
      instruments: [],
      openingBalances: [],
      reason: message,
    })
    say({ type: 'Failed', code, message })
  }
}

/** Ends by itself: what was said is delivered, then nothing keeps the thread alive. */
async function stop(): Promise<void> {
  if (isStopping) return
  isStopping = true
  session?.stop()
  await running
  say({ type: 'Stopped' })
  enginePort?.close()
  control.close()
}

control.on('message', (message: ToExchangeWorker) => {
  switch (message.type) {
    case 'Init':
      enginePort = message.enginePort
      running = run(message)
      return
    case 'Ping':
      say({ type: 'Pong', id: message.id, counters: session?.counters })
      return
    case 'Stop':
      void stop()
      return
  }
})
