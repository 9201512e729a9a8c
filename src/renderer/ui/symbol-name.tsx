import type { ReactNode } from 'react'

/** `BTC/USDT`, the quote quieter than the base; a perpetual says so. The full symbol is in the title. */
export function SymbolName({ symbol }: { readonly symbol: string }): ReactNode {
  const [pair = symbol, settle] = symbol.split(':')
  const [base, quote] = pair.split('/')
  return (
    <span className="symbol" title={symbol}>
      {base}
      <span className="faint">/{quote}</span>
      {settle !== undefined && <span className="perp">perp</span>}
    </span>
  )
}
