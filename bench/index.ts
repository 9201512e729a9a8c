import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { benchHistory } from './history.ts'
import { benchImport } from './import.ts'
import { benchMemory, benchStartup } from './process.ts'
import { benchReplica } from './replica.ts'
import { benchRest } from './rest.ts'
import { benchSignals } from './signals.ts'
import type { BenchResult } from './support/result.ts'
import { benchTickToOrder } from './tick-to-order.ts'
import { benchV2Style } from './v2-style.ts'

const BENCHMARKS: Readonly<Record<string, () => Promise<BenchResult[]>>> = {
  // First, while this process, which makes the load, has a small heap: its own pauses would count as the server's.
  rest: benchRest,
  signals: benchSignals,
  'v2-style': benchV2Style,
  'tick-to-order': benchTickToOrder,
  startup: benchStartup,
  memory: benchMemory,
  replica: benchReplica,
  history: benchHistory,
  import: benchImport,
}
const GIB = 1_073_741_824
const RESULTS = join(import.meta.dirname, 'results')

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in BENCHMARKS))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. Known: ${Object.keys(BENCHMARKS).join(', ')}.`)
  process.exit(2)
}

const git = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'cpu'}, ${Math.round(totalmem() / GIB)} GiB, node ${process.version}`
const results: (BenchResult & { readonly git: string; readonly machine: string })[] = []
console.log(`${git} on ${machine}`)
for (const [name, run] of Object.entries(BENCHMARKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  for (const result of await run()) {
    results.push({ ...result, git, machine })
    console.log(line(result))
  }
}
mkdirSync(RESULTS, { recursive: true })
writeFileSync(join(RESULTS, 'latest.json'), `${JSON.stringify(results, null, 2)}\n`)

function line({ name, value, unit, limit, ratio, goal, pass, n }: BenchResult): string {
  const verdict = pass === null ? '      ' : pass ? 'ok    ' : 'MISSED'
  const against = limit === undefined ? '' : `, limit ${limit} (${ratio})`
  return `${verdict} ${name}: ${value} ${unit}${against}${goal === null ? '' : `, goal ${goal}`} [n=${n}]`
}
