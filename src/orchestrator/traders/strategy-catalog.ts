import { readdirSync } from 'node:fs'
import { parse } from 'node:path'
import type { StrategyView } from '#contract/views.ts'
import { BUILT_IN_STRATEGIES } from '#workers/trader.messages.ts'

const FILE_EXTENSIONS: ReadonlySet<string> = new Set(['.ts', '.js', '.mjs'])

/** Built-in strategies, then the files in the data directory. A file is not opened here: its code runs only in its own thread. */
export function listStrategies(directory: string): StrategyView[] {
  const builtIn = BUILT_IN_STRATEGIES.map(
    (info): StrategyView => ({
      name: info.name,
      description: info.description,
      source: 'built-in',
      params: info.params.map((param) => ({
        name: param.name,
        default: param.default,
        min: param.min ?? null,
        max: param.max ?? null,
        description: param.description ?? '',
      })),
      warmup: info.warmup,
    }),
  )
  const taken = new Set(builtIn.map(({ name }) => name))
  const files = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && FILE_EXTENSIONS.has(parse(entry.name).ext) && !entry.name.endsWith('.d.ts'))
    .map((entry) => parse(entry.name).name)
    .filter((name) => !taken.has(name))
  return [
    ...builtIn,
    ...[...new Set(files)].sort().map(
      (name): StrategyView => ({
        name,
        description: `${name} in the data directory`,
        source: 'file',
        params: [],
        warmup: 0,
      }),
    ),
  ]
}
