import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageFile } from './paths.ts'
import { runNode } from './run-node.ts'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** What vitest's JSON reporter writes, as far as it is read here. */
interface JsonReport {
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** Counts tests; a file that failed outside its tests is one failure, and so is a runner that failed without naming any. */
export function countTests(report: string | null, exitCode: number): Counts {
  const files = report === null ? [] : (JSON.parse(report) as JsonReport).testResults
  const statuses = files.flatMap((file) => file.assertionResults.map((test) => test.status))
  const passed = statuses.filter((status) => status === 'passed').length
  const inTests = statuses.filter((status) => status === 'failed').length
  const ofFiles = files.filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')).length
  const failed = inTests + ofFiles
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped: statuses.length - passed - inTests }
}

export function addCounts(all: readonly Counts[]): Counts {
  return all.reduce(
    (sum, one) => ({ passed: sum.passed + one.passed, failed: sum.failed + one.failed, skipped: sum.skipped + one.skipped }),
    { passed: 0, failed: 0, skipped: 0 },
  )
}

/** The closing line; nothing is printed after it. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

export interface VitestRun extends Counts {
  readonly output: string
  readonly durationMs: number
}

/** Runs one project of `vitest.config.ts`. */
export async function runVitest(
  project: string,
  options: { readonly deadlineMs: number; readonly show: boolean; readonly env?: Record<string, string> },
): Promise<VitestRun> {
  const folder = mkdtempSync(join(tmpdir(), 'bot-trading-tests-'))
  const file = join(folder, 'report.json')
  try {
    const reporters = [`--reporter=${options.show ? 'default' : 'dot'}`, '--reporter=json', `--outputFile.json=${file}`]
    const run = await runNode([packageFile('vitest/vitest.mjs'), 'run', '--project', project, ...reporters], options)
    return { ...countTests(readReport(file), run.exitCode), output: run.output, durationMs: run.durationMs }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readReport(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
