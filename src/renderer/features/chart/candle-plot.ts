import type {
  IChartApi,
  IPriceLine,
  ISeriesApi,
  ISeriesMarkersPluginApi,
  ITextWatermarkPluginApi,
  MouseEventParams,
  SeriesMarker,
  Time,
} from 'lightweight-charts'
import { CandlestickSeries, createChart, createSeriesMarkers, createTextWatermark, HistogramSeries, LineStyle } from 'lightweight-charts'
import type { Bar } from './candle-data.ts'
import { mergeBars, toVolume } from './candle-data.ts'
import type { ChartColors } from './theme.ts'
import { faded } from './theme.ts'

export interface PlotLine {
  readonly key: string
  readonly price: number
  readonly title: string
  readonly tone: 'entry' | 'stop' | 'target' | 'buy' | 'sell'
}

/** Bars of empty space to the right of the newest. */
const RIGHT_OFFSET = 6
const VOLUME_SCALE = 'volume'

/** Axis figures grouped like those in the tables. */
function axisPrice(digits: number, locale: string): (price: number) => string {
  const format = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return (price) => format.format(price)
}

/** The drawing behind the chart panel: owns the canvas, knows nothing of where its data comes from. */
export class CandlePlot {
  readonly #chart: IChartApi
  readonly #candles: ISeriesApi<'Candlestick'>
  readonly #volume: ISeriesApi<'Histogram'>
  readonly #marks: ISeriesMarkersPluginApi<Time>
  readonly #watermark: ITextWatermarkPluginApi<Time> | undefined
  readonly #lines = new Map<string, { readonly line: IPriceLine; readonly spec: PlotLine }>()
  #bars: Bar[] = []
  #colors: ChartColors

  constructor(element: HTMLElement, colors: ChartColors) {
    this.#colors = colors
    this.#chart = createChart(element, {
      autoSize: true,
      layout: { attributionLogo: false },
      timeScale: {
        timeVisible: true,
        secondsVisible: false,
        rightOffset: RIGHT_OFFSET,
        barSpacing: 7,
        minBarSpacing: 0.5,
        borderVisible: false,
      },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.2 } },
      crosshair: { mode: 0 },
    })
    this.#candles = this.#chart.addSeries(CandlestickSeries, { borderVisible: true, priceLineStyle: LineStyle.Dotted })
    this.#volume = this.#chart.addSeries(HistogramSeries, { priceScaleId: VOLUME_SCALE, lastValueVisible: false, priceLineVisible: false })
    this.#chart.priceScale(VOLUME_SCALE).applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } })
    this.#marks = createSeriesMarkers(this.#candles, [])
    const pane = this.#chart.panes()[0]
    this.#watermark = pane === undefined ? undefined : createTextWatermark(pane, { horzAlign: 'center', vertAlign: 'center', lines: [] })
    this.setColors(colors)
  }

  setColors(colors: ChartColors): void {
    this.#colors = colors
    const crosshair = { color: colors.line, labelBackgroundColor: colors.line, style: LineStyle.Dashed }
    this.#chart.applyOptions({
      layout: { background: { color: colors.panel }, textColor: colors.text, fontFamily: colors.font, fontSize: 11 },
      grid: { vertLines: { color: colors.grid }, horzLines: { color: colors.grid } },
      crosshair: { vertLine: crosshair, horzLine: crosshair },
    })
    // Rising candles are hollow, falling ones filled: told apart without colour.
    this.#candles.applyOptions({
      upColor: colors.panel,
      downColor: colors.down,
      borderUpColor: colors.up,
      borderDownColor: colors.down,
      wickUpColor: colors.up,
      wickDownColor: colors.down,
      priceLineColor: colors.faint,
    })
    if (this.#bars.length > 0) this.#volume.setData(this.#bars.map((bar) => toVolume(bar, colors)))
    const lines = [...this.#lines.values()].map(({ spec }) => spec)
    this.setLines([])
    this.setLines(lines)
  }

  setPrecision(digits: number, locale: string): void {
    this.#candles.applyOptions({ priceFormat: { type: 'custom', minMove: 10 ** -digits, formatter: axisPrice(digits, locale) } })
    this.#volume.applyOptions({ priceFormat: { type: 'volume' } })
  }

  setWatermark(text: string | undefined): void {
    const lines =
      text === undefined
        ? []
        : [{ text, color: faded(this.#colors.mode, 0.1), fontSize: 72, fontFamily: 'Inter Variable', fontStyle: '600' }]
    this.#watermark?.applyOptions({ lines })
  }

  /** All bars at once. `keepView` holds what is looked at, for older bars put in front. */
  setBars(bars: readonly Bar[], keepView: boolean): void {
    const scale = this.#chart.timeScale()
    // Who looks at the newest bar goes on looking at the newest bar; only a view of the past is held where it is.
    const follows = !keepView || scale.scrollPosition() >= 0
    const range = follows ? null : scale.getVisibleRange()
    this.#bars = [...bars]
    this.#candles.setData(this.#bars)
    this.#volume.setData(this.#bars.map((bar) => toVolume(bar, this.#colors)))
    if (range !== null) scale.setVisibleRange(range)
    else scale.scrollToPosition(RIGHT_OFFSET, false)
  }

  prepend(bars: readonly Bar[]): void {
    this.setBars(mergeBars(bars, this.#bars), true)
  }

  /** Newest bars, once a frame: a known time is replaced, a later one added, an earlier one makes the chart start over. */
  update(bars: readonly Bar[]): void {
    for (const bar of bars) {
      const last = this.#bars.at(-1)
      if (last !== undefined && bar.time < last.time) {
        this.setBars(mergeBars(this.#bars, bars), true)
        return
      }
      if (last?.time === bar.time) this.#bars[this.#bars.length - 1] = bar
      else this.#bars.push(bar)
      this.#candles.update(bar)
      this.#volume.update(toVolume(bar, this.#colors))
    }
  }

  setMarks(marks: SeriesMarker<Time>[]): void {
    this.#marks.setMarkers(marks)
  }

  setLines(wanted: readonly PlotLine[]): void {
    const keys = new Set(wanted.map((line) => line.key))
    for (const [key, { line }] of this.#lines) {
      if (keys.has(key)) continue
      this.#candles.removePriceLine(line)
      this.#lines.delete(key)
    }
    for (const spec of wanted) {
      const options = this.#lineOptions(spec)
      const known = this.#lines.get(spec.key)
      if (known?.spec.price === spec.price && known.spec.title === spec.title) continue
      if (known === undefined) this.#lines.set(spec.key, { spec, line: this.#candles.createPriceLine(options) })
      else {
        known.line.applyOptions(options)
        this.#lines.set(spec.key, { spec, line: known.line })
      }
    }
  }

  #lineOptions(spec: PlotLine): Parameters<ISeriesApi<'Candlestick'>['createPriceLine']>[0] {
    const { accent, down, up } = this.#colors
    const color = { entry: accent, stop: down, target: up, buy: up, sell: down }[spec.tone]
    const lineStyle =
      spec.tone === 'entry' ? LineStyle.Solid : spec.tone === 'buy' || spec.tone === 'sell' ? LineStyle.LargeDashed : LineStyle.Dashed
    return {
      price: spec.price,
      title: spec.title,
      color,
      lineStyle,
      lineWidth: 1,
      axisLabelVisible: true,
      axisLabelColor: color,
      axisLabelTextColor: this.#colors.panel,
    }
  }

  bars(): readonly Bar[] {
    return this.#bars
  }

  /** The bar under the pointer, or undefined when it left. */
  onPointer(listener: (bar: Bar | undefined) => void): () => void {
    const handler = (event: MouseEventParams): void => {
      const index = event.logical === undefined ? -1 : Math.round(event.logical)
      listener(event.point === undefined ? undefined : this.#bars[index])
    }
    this.#chart.subscribeCrosshairMove(handler)
    return () => this.#chart.unsubscribeCrosshairMove(handler)
  }

  /** Called when the view comes near the oldest bar. */
  onNeedOlder(listener: () => void, within: number): () => void {
    const handler = (range: { from: number } | null): void => {
      if (range !== null && range.from < within) listener()
    }
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange(handler)
    return () => this.#chart.timeScale().unsubscribeVisibleLogicalRangeChange(handler)
  }

  toNewest(): void {
    this.#chart.timeScale().scrollToRealTime()
    this.#chart.priceScale('right').applyOptions({ autoScale: true })
  }

  remove(): void {
    this.#chart.remove()
  }
}
