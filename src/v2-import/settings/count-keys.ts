import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { parse } from 'yaml'
import { pathText, SETTING_FILES, type SettingFile, type SettingsRead } from './setting.ts'

/**
 * The keys of version 2's files, found by other means than those that read their values: what the one passes over the other has. A
 * file that could not be read is one key.
 */
export async function countKeys(folder: string, { files, damaged }: Pick<SettingsRead, 'files' | 'damaged'>): Promise<readonly string[]> {
  const keys: string[] = []
  for (const file of SETTING_FILES.filter((each) => files.includes(each)))
    keys.push(...(damaged.includes(file) ? [file] : keysOf(file, await readFile(join(folder, file), 'utf8'))))
  return [...new Set(keys)]
}

function keysOf(file: SettingFile, text: string): readonly string[] {
  const plain = text.replace(/^\uFEFF/, '')
  if (file === '.env') return Object.keys(parseEnv(plain)).map((name) => `${file}: ${pathText([name])}`)
  const tree: unknown = file.endsWith('.json')
    ? JSON.parse(plain)
    : parse(plain, { version: '1.1', merge: true, uniqueKeys: false, maxAliasCount: 1_000, logLevel: 'silent', prettyErrors: false })
  return tree === undefined || (tree === null && plain.trim() === '') ? [] : leaves(tree, []).map((path) => `${file}: ${pathText(path)}`)
}

/** A list of plain values is one key; an empty map or list is one too. */
function leaves(value: unknown, path: readonly (string | number)[]): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null || value instanceof Date) return [path]
  if (Array.isArray(value)) {
    const isPlain = value.every((each) => each !== null && (typeof each !== 'object' || each instanceof Date))
    return isPlain ? [path] : value.flatMap((each, index) => leaves(each, [...path, index]))
  }
  const pairs = Object.entries(value)
  return pairs.length === 0 ? [path] : pairs.flatMap(([name, each]) => leaves(each, [...path, name]))
}
