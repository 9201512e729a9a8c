import type { MarketKind } from '../mapping/spellings/symbol-spelling.ts'
import type { Secret } from './secret.ts'
import type { Setting } from './setting.ts'

/** Where a value goes. Two keys that claim the same target must say the same, else both are parked. */
export type Target =
  | { readonly kind: 'config'; readonly path: readonly [section: string, key: string] }
  | { readonly kind: 'vault'; readonly name: string }
  | { readonly kind: 'telegram'; readonly field: 'notify_chat' | 'notifications' }
  | { readonly kind: 'chat'; readonly chat: string }
  | { readonly kind: 'model'; readonly field: 'features' | 'predictions' | 'lookback' }

export interface Claim {
  readonly target: Target
  readonly value: string | number | boolean | Secret
  readonly reason: string
}

export type Ruling = Claim | { readonly outcome: 'parked' | 'ignored'; readonly reason: string }

/** What the rules must know besides the key itself. */
export interface RuleContext {
  /** The venue of config.yaml, where it names one. */
  readonly venue: string | undefined
  readonly isTestnet: boolean
  readonly usesExternalDatabase: boolean
  readonly marketKind: MarketKind
}

/** The captured parts of the pattern come as `parts`. A list may be answered member by member. */
export type Rule = (setting: Setting, context: RuleContext, parts: readonly string[]) => Ruling | readonly Ruling[]

/** Matched with `file:path` in small letters, in order; the first one holds. */
export type RuleTable = readonly (readonly [pattern: RegExp, rule: Rule])[]

export function parked(reason: string): Ruling {
  return { outcome: 'parked', reason }
}

export function ignored(reason: string): Ruling {
  return { outcome: 'ignored', reason }
}

export function targetText(target: Target): string {
  switch (target.kind) {
    case 'config':
      return `config.yaml: ${target.path.join('.')}`
    case 'vault':
      return `vault: ${target.name}`
    case 'telegram':
      return `telegram: ${target.field}`
    case 'chat':
      return 'telegram: allowed_chats'
    case 'model':
      return `model: ${target.field}`
  }
}

const DECIMAL = /^\+?0*(\d{1,20}(?:\.\d{1,12})?)$/

/** Decimal text that version 3 takes, more than nothing; undefined for anything else. */
export function positiveDecimal(text: string): string | undefined {
  const digits = DECIMAL.exec(text.trim())?.[1]
  return digits === undefined || /^[0.]+$/.test(digits) ? undefined : digits
}

/** A whole number from 1 to `max`. */
export function wholeNumber(text: string, max: number): number | undefined {
  const value = /^\d{1,15}(?:\.0+)?$/.test(text.trim()) ? Number(text) : Number.NaN
  return value >= 1 && value <= max ? value : undefined
}
