import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import type { StrategyCheckOrder, StrategyCheckResult } from './strategy-check.messages.ts'
import { loadStrategy } from './trader/load-strategy.ts'

const LOAD_DEADLINE_MS = 15_000

if (isMainThread || parentPort === null) throw new Error('strategy-check.worker.ts runs in a worker thread only')

/** Loads one strategy as a trader would and says how that went; it is given no candle. */
async function check({ name, directory }: StrategyCheckOrder): Promise<StrategyCheckResult> {
  const began = performance.now()
  try {
    const { timeframe, warmup } = await loadStrategy(name, directory, LOAD_DEADLINE_MS)
    const words = `timeframe ${timeframe}${typeof warmup === 'number' ? `, ${warmup} candles to warm up` : ''}`
    return { isLoaded: true, words, ms: performance.now() - began }
  } catch (error) {
    const words = error instanceof AppError ? error.message : `it threw ${String(error)}`
    return { isLoaded: false, words, ms: performance.now() - began }
  }
}

parentPort.postMessage(await check(workerData as StrategyCheckOrder))
