import { quoted, type CellFault } from '../rules.ts'

/** What a pair of version 2 stands for: a perpetual settled in its quote currency, or the spot market. */
export const MARKET_KINDS = ['perpetual', 'spot'] as const
export type MarketKind = (typeof MARKET_KINDS)[number]

/** Currencies that linear perpetuals settle in. */
const SETTLEMENTS: ReadonlySet<string> = new Set(['USDT', 'USDC'])
/** What a name without a separator may end in; a longer one before a shorter one it ends with. */
const QUOTES = ['FDUSD', 'USDT', 'USDC', 'BUSD', 'TUSD', 'USDE', 'DAI', 'EUR', 'USD', 'BTC', 'ETH', 'BNB'] as const
const UNIFIED = /^[A-Z0-9]{1,15}\/([A-Z0-9]{1,15}):[A-Z0-9]{1,15}$/
const SEPARATED = /^([A-Z0-9]{1,15})[/_-]([A-Z0-9]{1,15})(-SWAP)?$/
const JOINED = /^[A-Z0-9]{2,30}$/
/** Different spellings remembered; there are some hundreds of pairs. */
const REMEMBERED_MAX = 10_000

/** Reads `BTCUSDT`, `btcusdt`, `BTC/USDT`, `BTC-USDT`, `BTC_USDT`, `BTC-USDT-SWAP` and `BTC/USDT:USDT`. */
export class SymbolReader {
  readonly #kind: MarketKind
  readonly #known = new Map<string, string | CellFault>()

  constructor(kind: MarketKind) {
    this.#kind = kind
  }

  /** The unified symbol: `BTC/USDT:USDT` for a perpetual, `BTC/USDT` for spot. */
  read(text: string): string | CellFault {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const symbol = spell(text, this.#kind)
    if (this.#known.size < REMEMBERED_MAX) this.#known.set(text, symbol)
    return symbol
  }
}

function spell(text: string, kind: MarketKind): string | CellFault {
  const name = text.trim().toUpperCase()
  if (UNIFIED.test(name)) return name
  const [, base, quote, swap] = SEPARATED.exec(name) ?? joined(name)
  if (base === undefined || quote === undefined) return unknown(text, 'names no pair of currencies')
  if (kind === 'spot' && swap === undefined) return `${base}/${quote}`
  return SETTLEMENTS.has(quote) ? `${base}/${quote}:${quote}` : unknown(text, `is no linear perpetual: nothing settles in ${quote}`)
}

function joined(name: string): readonly (string | undefined)[] {
  const quote = JOINED.test(name) ? QUOTES.find((candidate) => name.endsWith(candidate)) : undefined
  const base = quote === undefined ? '' : name.slice(0, -quote.length)
  return base === '' || base.length > 15 ? [] : [name, base, quote]
}

function unknown(text: string, why: string): CellFault {
  return { rule: 'unknown-symbol', reason: `${quoted(text)} ${why}` }
}
