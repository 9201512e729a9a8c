import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

const FILE_BYTES_MAX = 1_048_576
const CONFIGS_MAX = 1_000

type StrategyConfig = Readonly<Record<string, unknown>>

/** The entries of strategies.json: a list, a list or a map under `strategies`, or one. None where the file is damaged; the settings say so. */
export async function readStrategyConfigs(folder: string): Promise<readonly StrategyConfig[]> {
  const path = join(folder, 'strategies.json')
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true || found.size > FILE_BYTES_MAX) return []
  let tree: unknown
  try {
    tree = JSON.parse((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''))
  } catch {
    return []
  }
  const inner = isMap(tree) && 'strategies' in tree ? tree['strategies'] : tree
  const entries: readonly unknown[] = Array.isArray(inner)
    ? inner
    : isMap(inner) && Object.values(inner).every(isMap)
      ? Object.values(inner)
      : [inner]
  return entries.filter(isMap).slice(0, CONFIGS_MAX)
}

function isMap(value: unknown): value is StrategyConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
