import { stat } from 'node:fs/promises'
import { relative } from 'node:path'
import type { Check, ImportReport } from '../run/import-report.ts'
import { readStrategyConfigs } from '../settings/strategy-configs.ts'
import { type PortedClass, portFolder } from '../strategies/port-folder.ts'
import { backUp } from './backup-step.ts'
import { checkFolder, type FolderSeal, sealFolder } from './folder-seal.ts'
import { bringHistory } from './history-step.ts'
import { meterOf, type MigrationContext, type V2Folder } from './migration-context.ts'
import type { BackupOutcome, MigrationReport, MigrationStep, StepOutcome, StrategyOutcome } from './migration-order.ts'
import { allChecks } from './migration-report.ts'
import { bringModels, checkModels } from './models-step.ts'
import { emptyHistory } from './no-history.ts'
import type { SecretStore } from './secret-store.ts'
import { bringSettings, type SettingsBrought } from './settings-step.ts'
import { bringStrategies, foreseeStrategies } from './strategies-step.ts'

type Measured = Omit<MigrationReport, 'durationMs' | 'rssMaxBytes'>

/** The steps of one run, in their order. */
export class MigrationRun {
  readonly #context: MigrationContext
  readonly #store: SecretStore
  readonly #steps: StepOutcome[] = []

  constructor(context: MigrationContext, store: SecretStore) {
    this.#context = context
    this.#store = store
  }

  /** Does what was chosen and measures what came of it. Throws what ends the run; what was done until then is recorded. */
  async measure(): Promise<Measured> {
    const { folder, choice, runId } = this.#context
    const before = folder === undefined || choice.isDryRun ? undefined : await this.#seal(folder)
    const backup = await this.#backup(before)
    const history = await this.#history()
    const ported = await this.#port()
    const settings = await this.#settings(ported)
    const models = await this.#folderStep('models', (place) => bringModels(this.#context, place))
    this.#tell(
      'models',
      models,
      (all) => `${count(all, 'converted')} converted, ${count(all, 'kept')} kept as they were, ${count(all, 'refused')} refused`,
    )
    const strategies = await this.#folderStep('strategies', () =>
      choice.isDryRun ? foreseeStrategies(this.#context, ported) : bringStrategies(this.#context, ported),
    )
    this.#tell(
      'strategies',
      strategies,
      (all) =>
        `${count(all, 'ready')} translated whole, ${count(all, 'unfinished')} with parts left to a person, ${count(all, 'kept')} kept as they were, ${count(all, 'refused')} refused`,
    )
    const base = history ?? (await emptyHistory(this.#context))
    const checks = allChecks(
      history,
      {
        'N10 settings': settings?.check,
        'N10 models': models === undefined || choice.isDryRun ? undefined : await checkModels(models),
        'N11 folder of version 2 untouched': await this.#untouched(before),
      },
      (name) => this.#whyNoCheck(name),
    )
    return { ...base, runId, dryRun: choice.isDryRun, checks, steps: this.#steps, backup, settings: settings?.outcomes, models, strategies }
  }

  async #backup(seal: FolderSeal | undefined): Promise<BackupOutcome | undefined> {
    const { record } = this.#context
    const bytes = [...(seal?.values() ?? [])].reduce((sum, text) => sum + (Number.parseInt(text, 10) || 0), 0)
    if (record === undefined && this.#context.choice.steps.includes('backup')) return this.#notRun('backup', 'A dry run makes no archive.')
    const outcome = await this.#folderStep('backup', async (folder) =>
      record === undefined ? undefined : await backUp(this.#context, { record, folder, bytes }),
    )
    if (outcome !== undefined) this.#done('backup', `${outcome.files} files in ${outcome.path}`)
    return outcome
  }

  async #history(): Promise<ImportReport | undefined> {
    const { source } = this.#context
    if (source === undefined) return this.#notRun('history', 'It was not chosen.')
    const report = await bringHistory(this.#context, source)
    const rows = report.tables.reduce((sum, each) => sum + each.source, 0)
    this.#done('history', `${rows} rows of ${report.tables.length} tables`)
    return report
  }

  /** Also where only the settings were chosen: a trader must know what became of its strategy. */
  async #port(): Promise<readonly PortedClass[]> {
    const { folder, choice, plan, options } = this.#context
    if (folder === undefined || !(choice.steps.includes('strategies') || choice.steps.includes('settings'))) return []
    const configs = await readStrategyConfigs(folder.path)
    return portFolder(folder.path, folder.files.strategies, { configs, market: plan.marketKind, signal: options.signal })
  }

  async #settings(ported: readonly PortedClass[]): Promise<SettingsBrought | undefined> {
    const foreseen = await foreseeStrategies(this.#context, ported)
    const strategies = this.#context.choice.steps.includes('strategies') ? foreseen : await Promise.all(foreseen.map(onlyIfThere))
    const brought = await this.#folderStep('settings', (folder) => bringSettings(this.#context, { folder, store: this.#store, strategies }))
    this.#tell(
      'settings',
      brought?.outcomes,
      (all) =>
        `${count(all, 'mapped', 'outcome')} mapped, ${count(all, 'parked', 'outcome')} parked, ${count(all, 'ignored', 'outcome')} ignored`,
    )
    return brought
  }

  /** Undefined, with the reason noted, where the step is not to be done. */
  async #folderStep<T>(step: MigrationStep, run: (folder: V2Folder) => Promise<T>): Promise<T | undefined> {
    const { choice, folder, options } = this.#context
    options.signal?.throwIfAborted()
    if (!choice.steps.includes(step)) return this.#notRun(step, 'It was not chosen.')
    if (folder === undefined) return this.#notRun(step, 'No folder of version 2 was named.')
    return await run(folder)
  }

  #tell<T>(step: MigrationStep, outcomes: readonly T[] | undefined, words: (all: readonly T[]) => string): void {
    if (outcomes !== undefined) this.#done(step, outcomes.length === 0 ? 'There was nothing to bring.' : words(outcomes))
  }

  #done(step: MigrationStep, reason: string): void {
    const { isDryRun } = this.#context.choice
    this.#steps.push({ step, status: isDryRun ? 'not_run' : 'done', reason: isDryRun ? `A dry run; it would be: ${reason}` : reason })
  }

  #notRun(step: MigrationStep, reason: string): undefined {
    this.#steps.push({ step, status: 'not_run', reason })
  }

  #seal(folder: V2Folder): Promise<FolderSeal> {
    const meter = meterOf(this.#context, { step: 'verify', unit: 'bytes', total: undefined })
    return sealFolder(folder.path, (bytes) => meter.add(bytes), this.#context.options.signal)
  }

  async #untouched(before: FolderSeal | undefined): Promise<Check | undefined> {
    const { folder, source } = this.#context
    if (before === undefined || folder === undefined) return undefined
    const { settings, models, scalers, strategies } = folder.files
    const sources = (source?.identity.files ?? []).map(({ path }) => relative(folder.path, path).replaceAll('\\', '/'))
    const read = new Set([...settings, ...models, ...scalers, ...strategies, ...sources])
    return checkFolder(before, await this.#seal(folder), (file) => read.has(file))
  }

  #whyNoCheck(name: string): string {
    const { choice, folder } = this.#context
    if (choice.isDryRun) return 'a dry run leaves nothing to be verified'
    if (folder === undefined && /^N1[01]/.test(name)) return 'no folder of version 2 was named'
    return `the ${name === 'N10 settings' ? 'settings were' : name === 'N10 models' ? 'models were' : 'history was'} not chosen`
  }
}

/** Where the strategies themselves are not brought, only those count that stand there from before. */
async function onlyIfThere(outcome: StrategyOutcome): Promise<StrategyOutcome> {
  const isThere = outcome.to !== undefined && (await stat(outcome.to).catch(() => undefined)) !== undefined
  return isThere || outcome.status !== 'ready'
    ? outcome
    : { ...outcome, status: 'unfinished', reason: 'The strategies were not brought in this run.' }
}

function count<T>(all: readonly T[], word: string, field: keyof T = 'status' as keyof T): number {
  return all.filter((one) => one[field] === word).length
}
