import { globSync } from 'node:fs'
import { packageFile, ROOT } from './paths.ts'
import { type RunResult, runNode } from './run-node.ts'
import { addCounts, type Counts, closingLine, runVitest } from './run-vitest.ts'

const CHECK_DEADLINE_MS = 300_000
/** Two at a time: each of them uses more than one core for a while. */
const PARALLEL_CHECKS = 2

interface Check {
  readonly name: string
  readonly run: () => Promise<Counts & { readonly output: string; readonly durationMs: number }>
}

/** A tool as one test. `doubt` looks at what a passing tool said and may still object. */
function tool(name: string, args: readonly string[], doubt: (output: string) => string | null = () => null): Check {
  return {
    name,
    run: async () => {
      const run: RunResult = await runNode(args, { deadlineMs: CHECK_DEADLINE_MS })
      const objection = run.exitCode === 0 ? doubt(run.output) : null
      const failed = run.exitCode === 0 && objection === null ? 0 : 1
      return { passed: 1 - failed, failed, skipped: 0, output: `${run.output}${objection ?? ''}`, durationMs: run.durationMs }
    },
  }
}

const types = (name: string, project: string) => tool(`types: ${name}`, [packageFile('@typescript/native/bin/tsc'), '-p', project])

/** dependency-cruiser finds nothing wrong in files it could not read, so it must have seen every source there is. */
export function missedModules(output: string, sources: number): string | null {
  const seen = Number(/(\d+) modules/.exec(output)?.[1] ?? 0)
  return seen >= sources ? null : `only ${seen} modules were looked at, but src has ${sources} files\n`
}

function checks(): readonly Check[] {
  const sources = globSync('src/**/*.{ts,tsx}', { cwd: ROOT, exclude: ['**/*.d.ts'] }).length
  return [
    { name: 'unit tests', run: () => runVitest('unit', { deadlineMs: CHECK_DEADLINE_MS, show: false }) },
    types('node', 'tsconfig.json'),
    types('core without Node or DOM', 'tsconfig.pure.json'),
    types('screens without Node', 'tsconfig.web.json'),
    types('tests of the screens', 'tsconfig.web-tests.json'),
    tool('lint', [packageFile('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings']),
    tool('format', [packageFile('@biomejs/biome/bin/biome'), 'format', '.']),
    tool('boundaries', [packageFile('dependency-cruiser/bin/dependency-cruiser.mjs'), 'src', '--output-type', 'err'], (output) =>
      missedModules(output, sources),
    ),
    tool('dead code', [packageFile('knip/bin/knip.js'), '--no-progress']),
  ]
}

/** Runs every check, says how each went, shows the words of those that failed, and answers the sum. */
export async function runChecks(): Promise<Counts> {
  const waiting = [...checks()]
  const done: Counts[] = []
  const lane = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const result = await check.run()
      done.push(result)
      const verdict = result.failed === 0 ? 'ok    ' : 'FAILED'
      const tests = result.passed + result.failed + result.skipped > 1 ? `  (${closingLine(result)})` : ''
      console.log(`${verdict} ${check.name}  ${(result.durationMs / 1000).toFixed(1)} s${tests}`)
      if (result.failed > 0) console.log(result.output.trimEnd())
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_CHECKS }, lane))
  return addCounts(done)
}

if (import.meta.main) {
  const counts = await runChecks()
  console.log(closingLine(counts))
  process.exitCode = counts.failed === 0 ? 0 : 1
}
