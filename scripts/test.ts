import { createRequire } from 'node:module'
import { ensureBuilt } from './build.ts'
import { runChecks } from './check.ts'
import { findOrInstallChromium } from './chromium.ts'
import { addCounts, type Counts, closingLine, runVitest } from './run-vitest.ts'

createRequire(import.meta.url)('./require-node.cjs')

const PROJECT_DEADLINE_MS = 1_800_000
const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 }

/** A part that breaks down is one failed test, and the others still run. */
async function part(name: string, run: () => Promise<Counts>): Promise<Counts> {
  console.log(`\n== ${name}`)
  try {
    return await run()
  } catch (error) {
    console.log(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return FAILED
  }
}

async function project(name: string, env: Record<string, string>): Promise<Counts> {
  return runVitest(name, { deadlineMs: PROJECT_DEADLINE_MS, show: true, env })
}

const chromium = await findOrInstallChromium((line) => console.log(line))
const env: Record<string, string> = chromium === null ? {} : { CHROMIUM_PATH: chromium }
const counts = addCounts([
  await part('checks and unit tests', runChecks),
  await part('build', async () => {
    await ensureBuilt()
    return { passed: 1, failed: 0, skipped: 0 }
  }),
  await part('simulation', () => project('simulation', env)),
  await part('integration', () => project('integration', env)),
  await part('durability', () => project('durability', env)),
  await part('end to end', () => project('e2e', env)),
])
process.exitCode = counts.failed === 0 ? 0 : 1
console.log(`\n${closingLine(counts)}`)
