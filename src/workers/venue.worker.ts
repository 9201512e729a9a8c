import { parentPort } from 'node:worker_threads'
import { openLiveSession } from '#exchanges/ccxt/open-live-session.ts'
import { systemClock } from '#platform/clock.ts'
import { serveSession } from './exchange/serve-session.ts'
import type { InitVenue } from './venue.messages.ts'

if (parentPort === null) throw new Error('venue.worker.ts runs in a worker thread only')

serveSession<InitVenue>(parentPort, {
  component: 'venue',
  tellsFailedOpening: false,
  exchangeOf: ({ session }) => session.venue,
  open: ({ session, credentials }, { cache, log, toEngine, say }) =>
    openLiveSession(session, credentials, {
      clock: systemClock,
      log,
      toEngine,
      keepCandles: (candles) => cache.putCandles(candles),
      showMarket: (news) => say({ type: 'Quotes', ...news }),
    }),
})
