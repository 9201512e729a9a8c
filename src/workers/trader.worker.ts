import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '#platform/clock.ts'
import { openCandleCacheReader } from '#storage/cache/candle-cache.ts'
import { startTrader } from './trader/start-trader.ts'
import type { TraderInit } from './trader.messages.ts'

if (isMainThread || parentPort === null) throw new Error('trader.worker.ts runs in a worker thread only')
const supervisor = parentPort

/** `Init` comes with the thread, or as its first message. */
function receiveInit(): Promise<TraderInit> {
  const given = workerData as TraderInit | null | undefined
  if (given?.type === 'Init') return Promise.resolve(given)
  return new Promise((resolve) => supervisor.once('message', resolve))
}

await startTrader(await receiveInit(), {
  openReader: openCandleCacheReader,
  elapsed: () => systemClock.elapsed(),
  exit: (code) => process.exit(code),
})
