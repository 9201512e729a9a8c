import { parse } from 'yaml'
import { readImportedSettings } from '#platform/config/imported-settings.ts'
import { readIfThere } from '#platform/durable-file.ts'
import type { SecretVault } from '#platform/secrets/secret-vault.ts'
import type { Check } from '../run/import-report.ts'
import { countKeys } from './count-keys.ts'
import type { SettingsRead } from './setting.ts'
import type { SettingEntry } from './settings-plan.ts'

const SHOWN_MAX = 10

export interface CheckedSettings {
  readonly v2Folder: string
  readonly read: SettingsRead
  readonly entries: readonly SettingEntry[]
  readonly dataDir: string
  readonly configPath: string
  readonly vault: SecretVault | undefined
}

/** N10 for the settings: each key of version 2 is mapped, parked or ignored by name, and what was mapped stands where it says. */
export async function checkSettings(subject: CheckedSettings): Promise<Check> {
  const { entries } = subject
  const keys = await countKeys(subject.v2Folder, subject.read)
  const odd = [...unmatched(keys, entries), ...(await misplaced(subject))]
  const count = (outcome: SettingEntry['outcome']): number => entries.filter((entry) => entry.outcome === outcome).length
  const covered = new Set(entries.map((entry) => baseOf(entry.key, new Set(keys))))
  return {
    name: 'N10 settings',
    status: odd.length === 0 ? 'passed' : 'failed',
    expected: `${keys.length} keys`,
    found: `${covered.size} keys: ${count('mapped')} mapped, ${count('parked')} parked, ${count('ignored')} ignored`,
    detail:
      odd.length === 0
        ? 'keys of each file counted by other code, and each mapped one looked up where it went; a list may go member by member'
        : `${odd.slice(0, SHOWN_MAX).join('; ')}${odd.length > SHOWN_MAX ? ` and ${odd.length - SHOWN_MAX} more` : ''}`,
  }
}

/** A list that is answered member by member has one entry for each: `chats[0]` stands for `chats`. */
function baseOf(key: string, keys: ReadonlySet<string>): string {
  return keys.has(key) ? key : key.replace(/\[\d+\]$/, '')
}

/** Names that hold a secret are not shown, and YAML spells some names otherwise: of those only how many there are is compared. */
function unmatched(keys: readonly string[], entries: readonly SettingEntry[]): readonly string[] {
  const known = new Set(keys)
  const named = new Set(entries.map(({ key }) => baseOf(key, known)))
  const fileOf = (key: string): string => key.split(': ')[0] ?? ''
  const missing = Map.groupBy(
    keys.filter((key) => !named.has(key)),
    fileOf,
  )
  const extra = Map.groupBy(
    [...named].filter((key) => !known.has(key)),
    fileOf,
  )
  const files = [...new Set([...missing.keys(), ...extra.keys()])]
  return files.flatMap((file) => {
    const [lost, made] = [missing.get(file)?.length ?? 0, extra.get(file)?.length ?? 0]
    return lost === made ? [] : [`${file}: ${lost} keys without an outcome, ${made} outcomes without a key`]
  })
}

/** By key, never by value: what is looked up may be a secret. */
async function misplaced({ entries, dataDir, configPath, vault }: CheckedSettings): Promise<readonly string[]> {
  const config: unknown = parse((await readIfThere(configPath))?.toString('utf8') ?? '')
  const proposals = await readImportedSettings(dataDir)
  const stands = ({ to = '', value }: SettingEntry): boolean => {
    const [place = '', rest = ''] = to.split(': ')
    if (place === 'config.yaml') return String(inTree(config, rest.split('.'))) === value
    if (place === 'vault') return vault?.has(rest) === true
    if (place === 'telegram') return proposals?.telegram !== undefined
    if (place === 'model') return String(inTree(proposals?.model, [rest])) === value
    const trader = proposals?.traders.find(({ id }) => place === `trader ${id}`)
    if (rest === 'symbols') return value !== undefined && trader?.symbols.includes(value) === true
    return String(inTree(trader, rest.split('.'))) === value
  }
  return entries.filter((entry) => entry.outcome === 'mapped' && !stands(entry)).map(({ key, to = '' }) => `${key} is not at ${to}`)
}

function inTree(tree: unknown, path: readonly string[]): unknown {
  let value = tree
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}
