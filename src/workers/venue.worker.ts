import { parentPort, type MessagePort } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import type { FromExchange, ToExchange } from '#engine/ports.ts'
import type { LiveSession } from '#exchanges/ccxt/live-session.ts'
import { openLiveSession } from '#exchanges/ccxt/open-live-session.ts'
import { systemClock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { openCandleCache } from '#storage/cache/candle-cache.ts'
import type { FromExchangeWorker, LogLevel, ToExchangeWorker } from './exchange.messages.ts'
import type { InitVenue } from './venue.messages.ts'

if (parentPort === null) throw new Error('venue.worker.ts runs in a worker thread only')
const control: MessagePort = parentPort

function say(message: FromExchangeWorker): void {
  control.postMessage(message)
}

function makeLogger(component: string): Logger {
  const at = (level: LogLevel) => (fields: object, message: string) => say({ type: 'Log', level, component, fields, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (bindings) => makeLogger(bindings.component) }
}

const log = makeLogger('venue')
let session: LiveSession | undefined
let running: Promise<void> | undefined
let enginePort: MessagePort | undefined
let isStopping = false

async function run({ enginePort: port, session: config, credentials, candleCachePath }: InitVenue): Promise<void> {
  const toEngine = (message: FromExchange): void => port.postMessage(message)
  try {
    const cache = openCandleCache(candleCachePath)
    try {
      const opened = await openLiveSession(config, credentials, {
        clock: systemClock,
        log,
        keepCandles: (candles) => cache.putCandles(candles),
        toEngine,
        showMarket: (news) => say({ type: 'Quotes', ...news }),
      })
      if (isStopping) return
      session = opened
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
    const nothing = { ts: 0, instruments: [], openingBalances: [] } as const
    // A session that never was has told the engine nothing that must be taken back.
    if (session !== undefined) toEngine({ type: 'ExchangeStatus', exchange: config.venue, connected: false, ...nothing, reason: message })
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

control.on('message', (message: Exclude<ToExchangeWorker, { readonly type: 'Init' }> | InitVenue) => {
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
