import { parentPort } from 'node:worker_threads'
import { PAPER_EXCHANGE_NAME } from '#exchanges/market/instruments.ts'
import { openPaperSession } from '#exchanges/paper-session.ts'
import { systemClock } from '#platform/clock.ts'
import type { InitExchange } from './exchange.messages.ts'
import { serveSession } from './exchange/serve-session.ts'

if (parentPort === null) throw new Error('exchange.worker.ts runs in a worker thread only')

serveSession<InitExchange>(parentPort, {
  component: 'exchange',
  tellsFailedOpening: true,
  exchangeOf: () => PAPER_EXCHANGE_NAME,
  open: ({ session }, { cache, log, toEngine, say }) =>
    openPaperSession(session, {
      clock: systemClock,
      log,
      sink: cache,
      outputs: {
        toEngine,
        showMarket: (news) => say({ type: 'Quotes', ...news }),
        showProgress: (progress) => say({ type: 'ReplayProgress', ...progress }),
      },
    }),
})
