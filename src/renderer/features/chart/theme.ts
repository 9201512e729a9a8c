/** Colours of the chart, read from the tokens, so that a theme has one home. */
export interface ChartColors {
  readonly panel: string
  readonly text: string
  readonly faint: string
  readonly grid: string
  readonly line: string
  readonly up: string
  readonly down: string
  readonly upSoft: string
  readonly downSoft: string
  readonly accent: string
  readonly look: string
  readonly mode: string
  readonly font: string
}

export function readColors(mode: string): ChartColors {
  const style = getComputedStyle(document.documentElement)
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    panel: token('panel'),
    text: token('text-dim'),
    faint: token('text-faint'),
    grid: token('chart-grid'),
    line: token('line-strong'),
    up: token('up'),
    down: token('down'),
    upSoft: token('up-soft'),
    downSoft: token('down-soft'),
    accent: token('accent'),
    look: token('look'),
    mode: token(`mode-${mode}`),
    font: token('font-num'),
  }
}

/** The colour at a given strength; takes the `#rrggbb` of the tokens. */
export function faded(color: string, alpha: number): string {
  return `${color}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0')}`
}
