import { join } from 'node:path'
import type { RiskLimits } from '#domain/risk.ts'
import { parseTraderId, type InstrumentSymbol, type TraderId } from '#domain/ids.ts'
import type { TraderConfig } from '#domain/trader.ts'
import { EngineThread } from '#orchestrator/core/engine-thread.ts'
import { loopbackExchange, type LoopbackExchange } from './loopback-exchange.ts'
import { workerUrl } from './workspace.ts'

/** Limits so wide that the gate checks everything and refuses nothing. */
export const WIDE_LIMITS: RiskLimits = {
  maxOrderNotional: '1000000000',
  maxPositionNotional: '100000000000',
  maxOpenPositions: 1_000,
  maxDailyLoss: '1000000000',
  maxOrdersPerSecond: 1_000_000,
  priceCollarBps: '1000',
  referenceMaxAgeMs: 86_400_000,
  maxOpenOrders: 1_000_000,
  unprotectedPolicy: 'CLOSE',
}

export interface BenchEngine extends AsyncDisposable {
  readonly engine: EngineThread
  readonly exchange: LoopbackExchange
  readonly head: () => number
}

/** The real engine thread with its journal on the disk, and the loopback exchange in this thread. */
export interface BenchMarket {
  readonly symbolCount: number
  /** Whether orders fill as soon as they are accepted, or rest. */
  readonly fills: boolean
}

export async function startBenchEngine(
  directory: string,
  { symbolCount, fills }: BenchMarket,
  traders: (symbol: InstrumentSymbol, n: number) => TraderConfig,
): Promise<BenchEngine> {
  let head = 0
  const engine = new EngineThread({
    url: workerUrl('engine'),
    journalUrl: workerUrl('journal'),
    journalPath: join(directory, 'journal.db'),
    instance: 'bnch',
    purpose: 'bench',
    lockStep: false,
    onHead: (seq) => {
      head = seq
    },
    onReplayDone: () => undefined,
  })
  const exchange = loopbackExchange(engine.exchangePort, symbolCount, fills)
  await engine.ready()
  await engine.exchangeReady()
  await engine.request({ type: 'Record', facts: [{ type: 'RiskLimitsSet', ts: 0, by: 'bench', limits: WIDE_LIMITS }] })
  await engine.request({
    type: 'Record',
    facts: exchange.symbols.map((symbol, n) => {
      const config = traders(symbol, n)
      return { type: 'TraderChanged', ts: 0, traderId: config.traderId, config, state: 'running' } as const
    }),
  })
  await engine.openMarket()
  // Candles and pings come by different ports: only the journal tells that every instrument has its price.
  const before = (await engine.ping()).head
  for (const symbol of exchange.symbols) exchange.candle(symbol)
  while ((await engine.ping()).head < before + symbolCount);
  return { engine, exchange, head: () => head, [Symbol.asyncDispose]: () => engine.stop(5_000) }
}

export function benchTrader(symbol: InstrumentSymbol, n: number, strategy: string): TraderConfig {
  const traderId: TraderId = parseTraderId(`t${n}`)
  return { traderId, kind: 'strategy', strategy, symbols: [symbol], timeframe: '1m', params: {}, orderNotional: '100', desired: 'running' }
}
