import { awayReport } from '../read-model/away-report.ts'
import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'

export function awayHandlers(base: Base, dependencies: HandlerDependencies) {
  const { readModel, clock } = dependencies
  return {
    report: base.away.report.handler(({ input }) =>
      awayReport(readModel, {
        since: input.since,
        // Facts may carry the market's time, which in a fast demo runs ahead of the clock.
        now: Math.max(clock.now(), readModel.lastTs),
        priceBefore: async (symbol, ts) => (await dependencies.candles(symbol, '1m', 1, ts)).at(-1)?.close,
      }),
    ),
  }
}
