import type { ModelProposal, TelegramProposal, TraderProposal } from '#platform/config/imported-settings.ts'
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

/** Whether a strategy of version 2 can be used here, by the name it has here. */
export type StrategyStates = ReadonlyMap<string, { readonly isReady: boolean; readonly reason: string }>

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
