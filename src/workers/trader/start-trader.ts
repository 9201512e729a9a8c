import { AppError } from '#domain/errors.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { AnalyzeStep } from '#engine/ports.ts'
import { describeStrategy } from '#strategies/registry.ts'
import { configureStrategy } from '#strategies/strategy.ts'
import type { ConfiguredStrategy } from '#strategies/strategy.ts'
import { DEFAULT_TRADER_DEADLINES, TRADER_QUEUE_MAX } from '../trader.messages.ts'
import type { FromTrader, ToTrader, TraderDeadlines, TraderInit, TraderPong } from '../trader.messages.ts'
import { createCandleHistory } from './candle-history.ts'
import type { CandleHistory } from './candle-history.ts'
import { createLazyReader } from './lazy-reader.ts'
import type { ClosableReader } from './lazy-reader.ts'
import { loadStrategy, wordsOf } from './load-strategy.ts'
import { createStepAnalyzer } from './step-analyzer.ts'
import { createStepQueue } from './step-queue.ts'
import { redirectConsole } from './thread-console.ts'

/** What the thread is given by its entry point. */
export interface TraderSurroundings {
  readonly openReader: (cachePath: string) => ClosableReader
  readonly elapsed: () => number
  /** Ends this thread; what was posted before still arrives. */
  readonly exit: (code: number) => void
}

/** Runs one trader: loads its strategy, answers each `AnalyzeStep` on the engine port with one `StepAnswer`, and each ping. */
export async function startTrader(init: TraderInit, surroundings: TraderSurroundings): Promise<void> {
  const { config, enginePort, controlPort } = init
  const deadlines: TraderDeadlines = { ...DEFAULT_TRADER_DEADLINES, ...init.deadlines }
  const send = (message: FromTrader) => controlPort.postMessage(message)
  const end = (code: number) => {
    enginePort.close()
    controlPort.close()
    surroundings.exit(code)
  }
  redirectConsole(send, surroundings.elapsed)
  try {
    const strategy = await loadStrategy(config.strategy, init.strategyDirectory, deadlines.loadMs)
    const configured = configureStrategy(strategy, config)
    const { cachePath } = init
    const warn = (message: string) => send({ type: 'Log', level: 'warn', message })
    const reader = cachePath === undefined ? undefined : createLazyReader(() => surroundings.openReader(cachePath), warn)
    run({ init, configured, deadlines, reader, send, end, elapsed: surroundings.elapsed })
    send({
      type: 'Ready',
      strategy: describeStrategy(strategy),
      symbols: configured.symbols,
      timeframe: configured.timeframe,
      params: configured.params,
      warmup: configured.warmup,
    })
  } catch (error) {
    send({
      type: 'Failed',
      code: error instanceof AppError ? error.code : 'STRATEGY_FAILED',
      message: error instanceof AppError ? error.message : wordsOf(error),
    })
    end(1)
  }
}

interface RunOptions {
  readonly init: TraderInit
  readonly configured: ConfiguredStrategy
  readonly deadlines: TraderDeadlines
  readonly reader: ClosableReader | undefined
  readonly send: (message: FromTrader) => void
  readonly end: (code: number) => void
  readonly elapsed: () => number
}

function run({ init, configured, deadlines, reader, send, end, elapsed }: RunOptions): void {
  const { config, enginePort, controlPort } = init
  const analyze = createStepAnalyzer({
    config,
    configured,
    analyzeMs: deadlines.analyzeMs,
    history: perSymbol((symbol) =>
      createCandleHistory({
        reader,
        symbol,
        elapsed,
        timeframe: configured.timeframe,
        waitMs: deadlines.historyMs,
        warn: (message) => send({ type: 'Log', level: 'warn', message }),
      }),
    ),
  })
  let count: Omit<TraderPong, 'type' | 'n' | 'queued'> = { steps: 0, signals: 0, errors: 0, consecutiveErrors: 0 }
  const queue = createStepQueue<AnalyzeStep>({
    limit: TRADER_QUEUE_MAX,
    elapsed,
    async process(step) {
      const answer = await analyze(step)
      const failed = answer.error !== undefined
      count = {
        steps: count.steps + 1,
        signals: count.signals + answer.signals.length,
        errors: count.errors + (failed ? 1 : 0),
        consecutiveErrors: failed ? count.consecutiveErrors + 1 : 0,
        lastStepTime: answer.stepTime,
      }
      enginePort.postMessage(answer)
    },
    onFull() {
      send({
        type: 'Failed',
        code: 'QUEUE_FULL',
        message: `More than ${TRADER_QUEUE_MAX} candles wait for the strategy ${config.strategy}. None of them is answered; the trader ends. Its strategy is too slow for its timeframe.`,
      })
      reader?.close()
      end(1)
    },
  })
  controlPort.on('message', (message: ToTrader) => {
    if (message.type === 'Ping') return send({ type: 'Pong', n: message.n, queued: queue.size(), ...count })
    queue.close()
    reader?.close()
    end(0)
  })
  enginePort.on('message', (step: AnalyzeStep) => {
    if (step.type === 'AnalyzeStep') queue.push(step)
  })
}

function perSymbol(create: (symbol: InstrumentSymbol) => CandleHistory): (symbol: InstrumentSymbol) => CandleHistory {
  const histories = new Map<InstrumentSymbol, CandleHistory>()
  return (symbol) => {
    const history = histories.get(symbol) ?? create(symbol)
    histories.set(symbol, history)
    return history
  }
}
