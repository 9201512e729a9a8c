import { create } from 'zustand'
import { persist } from 'zustand/middleware'
import type { Timeframe } from '#domain/candle.ts'
import type { Language } from '#renderer/format/decimal.ts'

export const THEMES = ['dark', 'light', 'system'] as const
export const DENSITIES = ['compact', 'comfortable'] as const
/** Profit and loss by colour: the usual pair, and one for eyes that do not tell red from green. */
export const PALETTES = ['teal-coral', 'blue-orange'] as const
export const LAYOUTS = ['trade', 'watch'] as const
export const TABS = ['positions', 'orders', 'fills', 'signals', 'balances', 'alerts', 'audit'] as const
export type Tab = (typeof TABS)[number]

export interface PanelSizes {
  /** Pixels; undefined follows the window. */
  readonly left?: number | undefined
  readonly right?: number | undefined
  readonly bottom?: number | undefined
}

export interface Settings {
  readonly theme: (typeof THEMES)[number]
  readonly density: (typeof DENSITIES)[number]
  readonly palette: (typeof PALETTES)[number]
  readonly layout: (typeof LAYOUTS)[number]
  readonly language: Language
  readonly sizes: PanelSizes
  readonly tab: Tab
  /** What the chart, the ticket and the watchlist are about; undefined takes the first there is. */
  readonly symbol?: string | undefined
  readonly timeframe?: Timeframe | undefined
  /** Columns a person hid or showed, by table. */
  readonly hiddenColumns: Readonly<Record<string, readonly string[]>>
}

const DEFAULTS: Settings = {
  theme: 'dark',
  density: 'compact',
  palette: 'teal-coral',
  layout: 'trade',
  language: typeof navigator !== 'undefined' && navigator.language.startsWith('ru') ? 'ru' : 'en',
  sizes: {},
  tab: 'positions',
  hiddenColumns: {},
}

/** How this person likes the screen; kept on this machine. */
export const useSettings = create<Settings>()(persist(() => DEFAULTS, { name: 'workstation.settings', version: 1 }))

export function set(patch: Partial<Settings>): void {
  useSettings.setState(patch)
}
