import { useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { timeframeMs } from '#domain/candle.ts'
import type { Timeframe } from '#domain/candle.ts'
import { isWorking } from '#domain/order.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { orders, positions, signals, trades } from '#renderer/state/stores.ts'
import { fillMarks, signalMarks, sortMarks } from './candle-data.ts'
import type { CandlePlot, PlotLine } from './candle-plot.ts'
import type { ChartColors } from './theme.ts'

/** What a trader has in this market, as lines: entry, stop, target, working orders. */
export function useChartLines(plot: CandlePlot | undefined, symbol: string | undefined): void {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const held = positions.use((state) => state.rows)
  const working = orders.use((state) => state.rows)
  const lines = useMemo(() => {
    const wanted: PlotLine[] = []
    const add = (key: string, price: string | null, title: string, tone: PlotLine['tone']): void => {
      if (price !== null) wanted.push({ key, price: Number(price), title, tone })
    }
    for (const row of held) {
      if (row.symbol !== symbol || row.side === 'FLAT') continue
      add(`${row.id}:entry`, row.entry_price, `${t(`side.${row.side}`)} ${numbers.decimal(row.quantity)}`, 'entry')
      add(`${row.id}:stop`, row.stop_loss, t('chart.stop'), 'stop')
      add(`${row.id}:target`, row.take_profit, t('chart.target'), 'target')
    }
    for (const row of working) {
      if (row.symbol !== symbol || !isWorking(row.status)) continue
      add(
        `${row.id}:trigger`,
        row.trigger_price,
        `${t(`order_type.${row.type}`)} ${numbers.decimal(row.quantity)}`,
        row.side === 'BUY' ? 'buy' : 'sell',
      )
      add(row.id, row.price, `${t(`side.${row.side}`)} ${numbers.decimal(row.quantity)}`, row.side === 'BUY' ? 'buy' : 'sell')
    }
    return wanted
  }, [held, working, symbol, t, numbers])
  useEffect(() => plot?.setLines(lines), [plot, lines])
}

/** Fills as arrows, refused signals as dots, on the bars they happened in. */
export function useChartMarks(
  plot: CandlePlot | undefined,
  view: { symbol: string | undefined; timeframe: Timeframe; colors: ChartColors; count: number },
): void {
  const { symbol, timeframe, colors, count } = view
  const fills = trades.use((state) => state.rows)
  const decided = signals.use((state) => state.rows)
  const hasBars = count > 0
  useEffect(() => {
    if (plot === undefined || !hasBars) return
    const length = timeframeMs(timeframe)
    const first = (plot.bars()[0]?.time ?? 0) * 1_000
    const shown = <T extends { readonly symbol: string; readonly ts: number }>(rows: readonly T[]): T[] =>
      rows.filter((row) => row.symbol === symbol && row.ts >= first)
    plot.setMarks(sortMarks([...fillMarks(shown(fills), length, colors), ...signalMarks(shown(decided), length, colors)]))
  }, [plot, symbol, timeframe, colors, fills, decided, hasBars])
}
