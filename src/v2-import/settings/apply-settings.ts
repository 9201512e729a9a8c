import { realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { IMPORTED_SETTINGS_FILE, importedSettingsText } from '#platform/config/imported-settings.ts'
import { PASSPHRASE_VARIABLE, type SecretVault } from '#platform/secrets/secret-vault.ts'
import { readIfThere, sha256Of, writeDurably } from '#platform/durable-file.ts'
import { type ConfigEdit, editConfig } from './edit-config.ts'
import { sealSecrets } from './secret-seal.ts'
import type { PlannedSecret, SettingEntry, SettingsPlan } from './settings-plan.ts'
import { type ChangedFile, SettingsRun } from './settings-run.ts'

const CONFIG_FILE = 'config.yaml'
const PRIVATE_MODE = 0o600

export interface ApplyOptions {
  readonly runId: string
  readonly dataDir: string
  /** The workstation's configuration, where it is not `config.yaml` of the data directory. */
  readonly configPath?: string | undefined
  /** Undefined without a passphrase: no secret is stored then. */
  readonly vault: SecretVault | undefined
  /** Called when a step is on disk. */
  readonly onStep?: ((step: string) => void) | undefined
}

export interface SettingsApplied {
  readonly runId: string
  /** As in the plan; parked instead of mapped where the place was taken, or there was no vault. */
  readonly entries: readonly SettingEntry[]
  readonly files: readonly { readonly path: string; readonly change: 'created' | 'changed' | 'unchanged' }[]
  /** Names of the secrets that are in the vault because of this run. */
  readonly secrets: readonly string[]
}

/**
 * Carries a plan out. Nothing a person set is overwritten. May be called again with the same id: it completes what a crash left, and
 * changes nothing that is done. Throws `AppError`; what was done until then stays recorded for the rollback.
 */
export async function applySettings(plan: SettingsPlan, options: ApplyOptions): Promise<SettingsApplied> {
  const { dataDir, runId, vault } = options
  const step = (name: string): void => options.onStep?.(name)
  const found = await SettingsRun.find(dataDir, runId)
  if (found !== undefined && !['applying', 'applied'].includes(found.record.state))
    throw new AppError(
      'CONFLICT',
      `The settings of run ${runId} are being rolled back. Nothing was changed. Complete the rollback, then import anew.`,
    )
  const config = await editOf(plan, options)
  const run = found ?? (await SettingsRun.begin(dataDir, runId))
  step('run')
  const writer = new FileWriter(run, step)
  const files = [
    await writer.write(CONFIG_FILE, config, config.isIdle ? undefined : config.edit.text),
    await writer.write(IMPORTED_SETTINGS_FILE, { path: join(dataDir, IMPORTED_SETTINGS_FILE) }, proposalsText(plan)),
  ]
  const taken = vault === undefined ? undefined : await storeSecrets(plan.secrets, { vault, run, step })
  await run.change({ state: 'applied' })
  step('applied')
  const entries = plan.entries.map((entry) => outcomeOf(entry, config.edit.kept, taken))
  return { runId, entries, files, secrets: run.record.secrets }
}

/** What `applySettings` would say; nothing is written. `vault` is `none` without a passphrase, undefined where none was made yet. */
export async function foreseeSettings(
  plan: SettingsPlan,
  { vault, ...place }: Pick<ApplyOptions, 'dataDir' | 'configPath'> & { readonly vault: SecretVault | 'none' | undefined },
): Promise<readonly SettingEntry[]> {
  const { edit } = await editOf(plan, place)
  const taken =
    vault === 'none' ? undefined : new Set(vault === undefined ? [] : othersIn(vault, plan.secrets).filter((name) => vault.has(name)))
  return plan.entries.map((entry) => outcomeOf(entry, edit.kept, taken))
}

interface ConfigPlace {
  readonly path: string
  /** Set when it is not in the data directory. */
  readonly elsewhere?: string | undefined
  readonly edit: ConfigEdit
  /** There is no file, and nothing to write into one. */
  readonly isIdle: boolean
}

async function editOf(
  { config }: SettingsPlan,
  { dataDir, configPath }: Pick<ApplyOptions, 'dataDir' | 'configPath'>,
): Promise<ConfigPlace> {
  const usual = join(dataDir, CONFIG_FILE)
  const elsewhere = configPath === undefined || resolve(configPath) === resolve(usual) ? undefined : resolve(configPath)
  const path = await realPathOf(elsewhere ?? usual)
  const old = (await readIfThere(path))?.toString('utf8')
  return { path, elsewhere, edit: editConfig(path, old, config), isIdle: old === undefined && config.length === 0 }
}

/** For the workstation: traders, chats of Telegram, sizes of the model. */
function proposalsText({ traders, telegram, model }: SettingsPlan): string | undefined {
  if (traders.length === 0 && telegram === undefined && model === undefined) return undefined
  return importedSettingsText({ traders, telegram, model })
}

/** A person may keep the file elsewhere and link to it. */
async function realPathOf(path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}

class FileWriter {
  readonly #run: SettingsRun
  readonly #step: (name: string) => void

  constructor(run: SettingsRun, step: (name: string) => void) {
    this.#run = run
    this.#step = step
  }

  /** Records what will be done and keeps the old file before it touches anything. `text` undefined: nothing is to be written. */
  async write(
    name: ChangedFile['name'],
    { path, elsewhere }: Pick<ConfigPlace, 'path' | 'elsewhere'>,
    text: string | undefined,
  ): Promise<SettingsApplied['files'][number]> {
    const old = await readIfThere(path)
    const bytes = text === undefined ? undefined : Buffer.from(text)
    const record = this.#run.record.files.find((file) => file.name === name)
    if (bytes === undefined || old?.equals(bytes) === true) return { path, change: changeOf(record) }
    const before = old === undefined ? null : sha256Of(old)
    if (record !== undefined && before !== record.before) throw changedMeanwhile(path, this.#run.record.run_id)
    const mode = old === undefined ? PRIVATE_MODE : (await stat(path)).mode & 0o777
    if (old !== undefined) await writeDurably(this.#run.copyOf(name), old)
    this.#step(`copy ${name}`)
    const others = this.#run.record.files.filter((file) => file.name !== name)
    const change: ChangedFile = { name, path: elsewhere, before, after: sha256Of(bytes), mode }
    await this.#run.change({ state: 'applying', files: [...others, change] })
    this.#step(`record ${name}`)
    await writeDurably(path, bytes, mode)
    this.#step(`write ${name}`)
    return { path, change: changeOf(change) }
  }
}

function changeOf(file: ChangedFile | undefined): 'created' | 'changed' | 'unchanged' {
  if (file === undefined) return 'unchanged'
  return file.before === null ? 'created' : 'changed'
}

function changedMeanwhile(path: string, runId: string): AppError {
  return new AppError(
    'CONFLICT',
    `${path} was changed after run ${runId} had written it. It was left as it is. Roll the run back, or import again as a new run.`,
  )
}

interface Storing {
  readonly vault: SecretVault
  readonly run: SettingsRun
  readonly step: (name: string) => void
}

/** Names under which another secret stood already: that one stays. */
async function storeSecrets(secrets: readonly PlannedSecret[], { vault, run, step }: Storing): Promise<ReadonlySet<string>> {
  const missing = secrets.filter(({ name }) => !vault.has(name))
  if (missing.length > 0) {
    const names = [...new Set([...run.record.secrets, ...missing.map(({ name }) => name)])]
    await run.change({ state: 'applying', secrets: names })
    step('record secrets')
    await sealSecrets(
      vault,
      run.record.run_id,
      secrets.filter(({ name }) => names.includes(name)),
    )
    step('seal secrets')
    for (const { name, secret } of missing) {
      await vault.put(name, secret.reveal())
      step(`store ${name}`)
    }
  }
  return new Set(othersIn(vault, secrets))
}

/** Names under which the vault has something else, or nothing. */
function othersIn(vault: SecretVault, secrets: readonly PlannedSecret[]): readonly string[] {
  return secrets.filter(({ name, secret }) => vault.get(name) !== secret.reveal()).map(({ name }) => name)
}

function outcomeOf(entry: SettingEntry, keptConfig: readonly string[], takenSecrets: ReadonlySet<string> | undefined): SettingEntry {
  const [place, name = ''] = entry.to?.split(': ') ?? []
  if (entry.outcome !== 'mapped') return entry
  const park = (reason: string): SettingEntry => ({ ...entry, outcome: 'parked', reason })
  if (place === CONFIG_FILE && keptConfig.includes(name)) return park('Another value was set here already. It was kept.')
  if (place !== 'vault') return entry
  if (takenSecrets === undefined)
    return park(`There is no passphrase, so it was not stored. Set ${PASSPHRASE_VARIABLE} (12 characters at least) and run this again.`)
  return takenSecrets.has(name) ? park('Another secret of this name was stored already. It was kept.') : entry
}
