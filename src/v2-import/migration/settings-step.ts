import type { SecretVault } from '#platform/secrets/secret-vault.ts'
import type { Check, SettingOutcome } from '../run/import-report.ts'
import { applySettings, foreseeSettings } from '../settings/apply-settings.ts'
import { checkSettings } from '../settings/check-settings.ts'
import { planSettings } from '../settings/plan-settings.ts'
import { readSettings } from '../settings/read-settings.ts'
import type { SettingEntry, SettingsPlan, StrategyStates } from '../settings/settings-plan.ts'
import { meterOf, type MigrationContext, type V2Folder } from './migration-context.ts'
import type { StrategyOutcome } from './migration-order.ts'
import type { SecretStore } from './secret-store.ts'

export interface SettingsBrought {
  readonly outcomes: readonly SettingOutcome[]
  /** Undefined in a dry run. */
  readonly check: Check | undefined
  readonly plan: SettingsPlan
}

/** Settings, secrets and traders of version 2. A dry run says what would become of each key. Throws `AppError`. */
export async function bringSettings(
  context: MigrationContext,
  {
    folder,
    store,
    strategies,
  }: { readonly folder: V2Folder; readonly store: SecretStore; readonly strategies: readonly StrategyOutcome[] },
): Promise<SettingsBrought> {
  const { place, record, runId, plan: history } = context
  const meter = meterOf(context, { step: 'settings', unit: 'files', total: folder.files.settings.length })
  const read = await readSettings(folder.path)
  const plan = planSettings(read, { marketKind: history.marketKind, strategies: statesOf(strategies) })
  const where = { dataDir: place.directory.path, configPath: place.configPath }
  if (record === undefined) {
    const entries = await foreseeSettings(plan, { ...where, vault: store.vault })
    return { outcomes: entries.map(settingOutcome), check: undefined, plan }
  }
  const vault: SecretVault | undefined = plan.secrets.length === 0 ? undefined : await store.forWriting(record)
  const { entries } = await applySettings(plan, { ...where, runId, vault })
  meter.reach(folder.files.settings.length)
  const check = await checkSettings({ ...where, v2Folder: folder.path, read, entries, vault })
  return { outcomes: entries.map(settingOutcome), check, plan }
}

function settingOutcome({ key, outcome, to, reason }: SettingEntry): SettingOutcome {
  return { key, outcome, to: outcome === 'mapped' ? to : undefined, reason }
}

/** Only what was translated whole, and stands in the folder, may be started by a trader of version 2. */
function statesOf(strategies: readonly StrategyOutcome[]): StrategyStates {
  return new Map(
    strategies.flatMap(({ name, status, file, reason }) =>
      name === undefined ? [] : [[name, { isReady: status === 'ready', reason: `Its strategy (${file}): ${reason}` }] as const],
    ),
  )
}
