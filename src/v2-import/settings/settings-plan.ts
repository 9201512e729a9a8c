import type { Timeframe } from '#domain/candle.ts'
import type { Secret } from './secret.ts'
import type { SettingFinding } from './setting.ts'

export type SettingFate = 'mapped' | 'parked' | 'ignored'

/** What becomes of one key of version 2. Holds no secret: `value` is left out for one. */
export interface SettingEntry {
  /** File and path, `config.yaml: enhanced_sltp.trailing_stop.step`. */
  readonly key: string
  readonly outcome: SettingFate
  /** Where it went: `config.yaml: risk.max_daily_loss`, `vault: bybit.main.key`, `trader ema_cross: timeframe`. */
  readonly to?: string | undefined
  /** What is set there; of a parked or ignored key what version 2 had. */
  readonly value?: string | undefined
  readonly reason: string
  readonly secret: boolean
}

export interface ConfigChange {
  readonly path: readonly [section: string, key: string]
  readonly value: string | number
}

/** A trader as the API takes it, never started by itself. */
export interface TraderProposal {
  readonly id: string
  readonly strategy: string
  readonly symbols: readonly string[]
  readonly timeframe: Timeframe
  readonly params: Readonly<Record<string, number>>
  /** Decimal text in the settle currency. */
  readonly order_notional: string
  readonly start: false
}

export interface TelegramProposal {
  /** Who may give commands, in the order of the file. A negative one is a group: everybody in it. */
  readonly allowed_chats: readonly string[]
  /** Where messages go. */
  readonly notify_chat?: string | undefined
  readonly notifications?: boolean | undefined
}

/** What version 2 said of its model; the checkpoint's own shapes go before. */
export interface ModelProposal {
  readonly features?: number | undefined
  readonly predictions?: number | undefined
  readonly lookback?: number | undefined
}

export interface PlannedSecret {
  /** Name in the vault. */
  readonly name: string
  readonly secret: Secret
  /** The keys it stood under. */
  readonly keys: readonly string[]
}

/** Can be printed: a `Secret` shows nothing. */
export interface SettingsPlan {
  readonly entries: readonly SettingEntry[]
  readonly findings: readonly SettingFinding[]
  readonly config: readonly ConfigChange[]
  readonly traders: readonly TraderProposal[]
  readonly telegram: TelegramProposal | undefined
  readonly model: ModelProposal | undefined
  readonly secrets: readonly PlannedSecret[]
}
