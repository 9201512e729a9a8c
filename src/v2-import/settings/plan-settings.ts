import type { ModelProposal, TelegramProposal } from '#platform/config/imported-settings.ts'
import type { MarketKind } from '../mapping/spellings/symbol-spelling.ts'
import { credentialRules } from './credential-rules.ts'
import { plainRules } from './plain-rules.ts'
import { planTraders } from './plan-traders.ts'
import { type Claim, parked, type Rule, type RuleContext, type RuleTable, type Ruling, targetText } from './ruling.ts'
import { isReference } from './secret-names.ts'
import { Secret } from './secret.ts'
import { keyOf, type Setting, shownValue, type SettingsRead } from './setting.ts'
import type { SettingEntry, SettingsPlan, StrategyStates } from './settings-plan.ts'

const SHOWN_LENGTH_MAX = 200
const RULES: RuleTable = [...credentialRules, ...plainRules]

export interface PlanSettingsOptions {
  /** What a pair without a settle currency is; the import's own plan says it. */
  readonly marketKind: MarketKind
  /** `external`: version 3 is to use the database server version 2 uses. */
  readonly database?: 'embedded' | 'external' | undefined
  /** What became of version 2's strategies; a trader of one that is not here stays paused. */
  readonly strategies?: StrategyStates | undefined
}

interface Ruled {
  readonly key: string
  readonly setting: Setting
  readonly ruling: Ruling
  /** What is shown of it where it is not mapped. */
  readonly shown: string | undefined
}

/** Decides every key of every file. Pure: the same files give the same plan. */
export function planSettings(read: SettingsRead, options: PlanSettingsOptions): SettingsPlan {
  const context = contextOf(read, options)
  const inStrategies = read.settings.filter(({ file }) => file === 'strategies.json')
  const others = read.settings.filter(({ file }) => file !== 'strategies.json')
  const { traders, entries: traderEntries, findings } = planTraders(inStrategies, context.marketKind, options.strategies ?? new Map())
  const ruled = settleClaims(others.flatMap((setting) => rule(setting, context)))
  const damaged = read.damaged.map(
    (file): SettingEntry => ({ key: file, outcome: 'parked', reason: 'The file could not be read; see the findings.', secret: false }),
  )
  const claims = ruled.flatMap(({ key, ruling }) => ('target' in ruling ? [{ key, claim: ruling }] : []))
  return {
    entries: [...damaged, ...ruled.map(entryOf), ...traderEntries],
    findings: [...read.findings, ...findings],
    config: configOf(claims, context),
    traders,
    telegram: telegramOf(claims),
    model: modelOf(claims),
    secrets: secretsOf(claims),
  }
}

function contextOf({ settings }: SettingsRead, { marketKind, database }: PlanSettingsOptions): RuleContext {
  const plain = (name: string): string | undefined => {
    const found = settings.find(
      ({ file, path, isRepeated }) => file === 'config.yaml' && path.length === 1 && path[0] === name && !isRepeated,
    )
    return found === undefined ? undefined : shownValue(found.value)
  }
  return {
    venue: plain('exchange')?.toLowerCase(),
    isTestnet: plain('testnet') === 'true',
    usesExternalDatabase: database === 'external',
    marketKind,
  }
}

function rule(setting: Setting, context: RuleContext): readonly Ruled[] {
  const { value } = setting
  const key = keyOf(setting)
  const shown = shownValue(value)?.slice(0, SHOWN_LENGTH_MAX)
  const one = (ruling: Ruling): readonly Ruled[] => [{ key, setting, ruling, shown }]
  if (setting.isRepeated) return one(parked('The key stands there several times with different values.'))
  if (value.kind === 'empty') return one({ outcome: 'ignored', reason: 'It has no value.' })
  if (value.kind === 'text' && isReference(value.text)) return one(parked('It refers to a variable; what that held is not in this file.'))
  const ruling = findRule(setting, context)
  if (!isList(ruling)) return one(ruling)
  return ruling.map((each, index) => ({
    key: `${key}[${index}]`,
    setting,
    ruling: each,
    shown: value.kind === 'list' ? value.items[index]?.text.slice(0, SHOWN_LENGTH_MAX) : undefined,
  }))
}

function isList(ruling: ReturnType<Rule>): ruling is readonly Ruling[] {
  return Array.isArray(ruling)
}

function findRule(setting: Setting, context: RuleContext): ReturnType<Rule> {
  const text = `${setting.file}:${setting.path.join('.')}`.toLowerCase()
  for (const [pattern, decide] of RULES) {
    const match = pattern.exec(text)
    if (match !== null) return decide(setting, context, match.slice(1))
  }
  return parked(
    setting.value.kind === 'secret' ? 'A secret that version 3 has no use for. It was not stored.' : 'Version 3 has no setting for it.',
  )
}

/** Parks all keys that would put different values into one place. */
function settleClaims(all: readonly Ruled[]): readonly Ruled[] {
  const byTarget = Map.groupBy(
    all.filter(({ ruling }) => 'target' in ruling),
    ({ ruling }) => ('target' in ruling ? JSON.stringify(ruling.target) : ''),
  )
  return all.map((each) => {
    if (!('target' in each.ruling)) return each
    const { target, value } = each.ruling
    const rivals = byTarget.get(JSON.stringify(target)) ?? []
    const other = rivals.find(({ ruling }) => 'target' in ruling && !isSame(ruling.value, value))
    if (other === undefined) return each
    const where = rivals.filter((rival) => rival !== each).map(({ key }) => key)
    return {
      ...each,
      ruling: parked(`${where.join(' and ')} would go to the same place with another value. Set ${targetText(target)} by hand.`),
    }
  })
}

function isSame(a: Claim['value'], b: Claim['value']): boolean {
  return a instanceof Secret && b instanceof Secret ? a.equals(b) : a === b
}

function entryOf({ key, setting, ruling, shown }: Ruled): SettingEntry {
  const secret = setting.value.kind === 'secret'
  if (!('target' in ruling)) return { key, outcome: ruling.outcome, value: shown, reason: ruling.reason, secret }
  const value = ruling.value instanceof Secret ? undefined : String(ruling.value)
  return { key, outcome: 'mapped', to: targetText(ruling.target), value, reason: ruling.reason, secret }
}

interface KeyedClaim {
  readonly key: string
  readonly claim: Claim
}

function configOf(claims: readonly KeyedClaim[], { usesExternalDatabase }: RuleContext): SettingsPlan['config'] {
  const changes = new Map<string, SettingsPlan['config'][number]>()
  for (const { claim } of claims) {
    const { target, value } = claim
    if (target.kind !== 'config' || (typeof value !== 'string' && typeof value !== 'number')) continue
    changes.set(target.path.join('.'), { path: target.path, value })
  }
  if (usesExternalDatabase) changes.set('database.mode', { path: ['database', 'mode'], value: 'external' })
  return [...changes.values()]
}

function telegramOf(claims: readonly KeyedClaim[]): TelegramProposal | undefined {
  const chats: string[] = []
  const rest: { notify_chat?: string; notifications?: boolean } = {}
  for (const { claim } of claims) {
    const { target, value } = claim
    if (target.kind === 'chat' && !chats.includes(target.chat)) chats.push(target.chat)
    if (target.kind !== 'telegram') continue
    if (target.field === 'notify_chat' && typeof value === 'string') rest.notify_chat = value
    if (target.field === 'notifications' && typeof value === 'boolean') rest.notifications = value
  }
  return chats.length === 0 && Object.keys(rest).length === 0 ? undefined : { allowed_chats: chats, ...rest }
}

function modelOf(claims: readonly KeyedClaim[]): ModelProposal | undefined {
  const model: { features?: number; predictions?: number; lookback?: number } = {}
  for (const { claim } of claims)
    if (claim.target.kind === 'model' && typeof claim.value === 'number') model[claim.target.field] = claim.value
  return Object.keys(model).length === 0 ? undefined : model
}

function secretsOf(claims: readonly KeyedClaim[]): SettingsPlan['secrets'] {
  const byName = new Map<string, { secret: Secret; keys: string[] }>()
  for (const { key, claim } of claims) {
    if (claim.target.kind !== 'vault' || !(claim.value instanceof Secret)) continue
    const known = byName.get(claim.target.name)
    if (known === undefined) byName.set(claim.target.name, { secret: claim.value, keys: [key] })
    else known.keys.push(key)
  }
  return [...byName].map(([name, { secret, keys }]) => ({ name, secret, keys }))
}
