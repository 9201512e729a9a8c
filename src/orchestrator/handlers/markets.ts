import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { problem } from './problems.ts'

export function marketHandlers(base: Base, dependencies: HandlerDependencies) {
  return {
    candles: base.markets.candles.handler(async ({ input }) => {
      const symbol = toSymbol(input.symbol)
      if (dependencies.readModel.instrument(symbol) === undefined)
        throw problem('NOT_FOUND', `no instrument ${symbol}; GET /exchanges lists them`)
      const items = await dependencies.candles(symbol, input.timeframe, input.limit, input.before)
      return { symbol, timeframe: input.timeframe, items: [...items] }
    }),
  }
}

export function exchangeHandlers(base: Base, dependencies: HandlerDependencies) {
  return {
    list: base.exchanges.list.handler(() => ({
      items: dependencies.exchanges().map((exchange) => ({ ...exchange, instruments: [...exchange.instruments] })),
    })),
  }
}

/** `BTC-USDT` and `BTC-USDT_USDT` (or `BTC-USDT:USDT`) as the symbols they stand for. */
function toSymbol(text: string): string {
  return text.includes('/') ? text : text.replace('-', '/').replace('_', ':')
}
