import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { readEnv } from './read-env.ts'
import { type Leaf, readTree } from './read-tree.ts'
import { isReference, isSecretName, looksSecret } from './secret-names.ts'
import { Secret } from './secret.ts'
import {
  keyOf,
  type Scalar,
  type Setting,
  SETTING_FILES,
  type SettingFile,
  type SettingFinding,
  type SettingsRead,
  type SettingValue,
} from './setting.ts'

const FILE_BYTES_MAX = 1_048_576
/** Shorter ones are not looked for in other values: they would be found by chance. */
const SECRET_LENGTH_SOUGHT_MIN = 8
const FINDINGS_MAX = 100

/**
 * Reads what a folder of version 2 has of the five files. Throws nothing for what is in them: a damaged file is a finding that names the
 * place and quotes nothing, and the others are read.
 */
export async function readSettings(v2Dir: string): Promise<SettingsRead> {
  const reads = await Promise.all(SETTING_FILES.map(async (file) => ({ file, read: await readFileText(join(v2Dir, file)) })))
  const [settings, findings]: [Setting[], SettingFinding[]] = [[], []]
  const [files, damaged]: [SettingFile[], SettingFile[]] = [[], []]
  for (const { file, read } of reads) {
    if (read === undefined) continue
    files.push(file)
    const parsed = 'fault' in read ? read : parseFile(file, read.text)
    if ('fault' in parsed) {
      damaged.push(file)
      findings.push({ file, message: `${file}: ${parsed.fault}. Nothing of it was taken. Correct it and read again.` })
    } else {
      settings.push(...markRepeated(parsed.settings))
      findings.push(...parsed.findings)
    }
  }
  return { files, settings: hideCopies(settings), findings: findings.slice(0, FINDINGS_MAX), damaged }
}

type Fault = { readonly fault: string }

async function readFileText(path: string): Promise<{ readonly text: string } | Fault | undefined> {
  try {
    await using handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stats = await handle.stat()
    if (!stats.isFile()) return { fault: 'this is not a file' }
    const bytes = Buffer.alloc(FILE_BYTES_MAX + 1)
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    if (length > FILE_BYTES_MAX) return { fault: `it has more than ${FILE_BYTES_MAX} bytes` }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length)) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    return { fault: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : `it cannot be read (${code})` }
  }
}

function parseFile(
  file: SettingFile,
  text: string,
): { readonly settings: readonly Setting[]; readonly findings: readonly SettingFinding[] } | Fault {
  if (file === '.env') {
    const { pairs, idleLines } = readEnv(text)
    return {
      settings: pairs.map(([name, value]) => settingOf(file, { path: [name], value: { kind: 'text', text: value } })),
      findings: idleLines.map((line) => ({ file, message: `.env: line ${line} assigns nothing. It was passed over.` })),
    }
  }
  const tree = readTree(text, file.endsWith('.json') ? 'json' : 'yaml')
  return 'fault' in tree ? tree : { settings: tree.leaves.map((leaf) => settingOf(file, leaf)), findings: [] }
}

function settingOf(file: SettingFile, { path, value }: Leaf): Setting {
  const names = path.filter((part) => typeof part === 'string')
  return { file, path, value: valueOf(value, isSecretName(names)), isRepeated: false }
}

function valueOf(value: Leaf['value'], isSecret: boolean): SettingValue {
  if (value === undefined) return { kind: 'empty' }
  const items = 'kind' in value ? [value] : value
  const text = items.map((item) => item.text).join('\n')
  if (text === '' && items.length === 1) return { kind: 'empty' }
  if (items.some((item) => mustHide(item, isSecret))) return { kind: 'secret', secret: new Secret(text) }
  return 'kind' in value ? value : { kind: 'list', items: value }
}

function mustHide({ kind, text }: Scalar, isSecret: boolean): boolean {
  if (kind === 'boolean') return false
  return looksSecret(text) || (isSecret && !isReference(text))
}

/** A secret may stand a second time under an innocent name. */
function hideCopies(settings: readonly Setting[]): readonly Setting[] {
  const secrets = settings
    .flatMap(({ value }) => (value.kind === 'secret' ? [value.secret] : []))
    .filter(({ length }) => length >= SECRET_LENGTH_SOUGHT_MIN)
  const gives = (text: string): boolean => secrets.some((secret) => secret.isIn(text))
  return settings.map((setting) => {
    const path = setting.path.map((part) => (typeof part === 'string' && (looksSecret(part) || gives(part)) ? '(secret)' : part))
    const { value } = setting
    if (value.kind === 'secret' || value.kind === 'empty') return { ...setting, path }
    const text = value.kind === 'list' ? value.items.map((item) => item.text).join('\n') : value.text
    return { ...setting, path, value: gives(text) ? { kind: 'secret', secret: new Secret(text) } : value }
  })
}

function markRepeated(settings: readonly Setting[]): readonly Setting[] {
  const byKey = Map.groupBy(settings, keyOf)
  return settings.map((setting) => {
    const all = byKey.get(keyOf(setting)) ?? []
    return all.length > 1 && all.some(({ value }) => !isSame(value, setting.value)) ? { ...setting, isRepeated: true } : setting
  })
}

function isSame(a: SettingValue, b: SettingValue): boolean {
  if (a.kind === 'secret' && b.kind === 'secret') return a.secret.equals(b.secret)
  return JSON.stringify(a) === JSON.stringify(b)
}
