import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { CandleFileSpec } from './market/candle-file-name.ts'
import { DemoSource } from './market/demo-source.ts'
import { openingBalances, PAPER_EXCHANGE_NAME } from './market/instruments.ts'
import type { CandleSink, MarketSource } from './market/market-source.ts'
import { openReplay, type ReplaySpeed } from './market/replay-source.ts'
import { PaperExchange } from './paper/paper-exchange.ts'
import type { PaperParameters } from './paper/paper-parameters.ts'
import { ExchangeSession, type SessionOutputs } from './session/exchange-session.ts'

/** Which market moves the paper exchange. */
export type PaperMarket =
  | { readonly kind: 'demo'; readonly candleEveryMs?: number | undefined; readonly historyBars?: number | undefined }
  | { readonly kind: 'replay'; readonly files: readonly CandleFileSpec[]; readonly speed: ReplaySpeed }

export interface PaperSessionConfig {
  /** Same seed, same market and same orders: same fills. */
  readonly seed: string
  readonly market: PaperMarket
  readonly parameters?: Partial<PaperParameters> | undefined
  /** Decimal text per currency; the defaults give 10,000 for dollars. */
  readonly openingBalances?: readonly { readonly currency: string; readonly balance: string }[] | undefined
}

export interface PaperSessionPorts {
  readonly clock: Clock
  readonly log: Logger
  readonly sink: CandleSink
  readonly outputs: SessionOutputs
}

/** Builds a paper account over its market. Reads and checks replay files first; throws `FILE_INVALID`. */
export async function openPaperSession(
  config: PaperSessionConfig,
  { clock, log, sink, outputs }: PaperSessionPorts,
): Promise<ExchangeSession> {
  const { seed, market, parameters } = config
  const source: MarketSource =
    market.kind === 'demo'
      ? new DemoSource({ seed, clock, sink, candleEveryMs: market.candleEveryMs, historyBars: market.historyBars })
      : await openReplay({ files: market.files, speed: market.speed, sink })
  return new ExchangeSession({
    exchange: PAPER_EXCHANGE_NAME,
    source,
    paper: new PaperExchange({ instruments: source.instruments, seed, parameters }),
    openingBalances: config.openingBalances ?? openingBalances(source.instruments),
    outputs,
    clock,
    log,
  })
}
