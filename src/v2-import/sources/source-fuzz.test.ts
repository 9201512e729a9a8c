import { expect, it } from 'vitest'
import { fuzzSources } from '#test/support/v2-import/source-fuzz.ts'

const CASES = Number(process.env['IMPORT_FUZZ'] ?? 2_000)
const FIRST_CASE = Number(process.env['IMPORT_FUZZ_FROM'] ?? 1)
const RSS_MAX_BYTES = 512 * 1_024 * 1_024
const CASE_ALLOWED_MS = 50

// Cases are numbered: IMPORT_FUZZ=1 IMPORT_FUZZ_FROM=n runs one again.
it(`${CASES} mutated sources: no crash, none over a second, memory bounded`, { timeout: 60_000 + CASES * CASE_ALLOWED_MS }, async () => {
  const report = await fuzzSources(FIRST_CASE, CASES)
  process.stdout.write(`fuzz of import sources: ${JSON.stringify(report)}\n`)
  expect(report.failures).toEqual([])
  expect(report.cases).toBe(CASES)
  // A fuzzer whose every file is refused at once tests nothing.
  if (CASES >= 1_000) expect(report.read).toBeGreaterThan(CASES / 10)
  expect(report.rssMaxBytes).toBeLessThan(RSS_MAX_BYTES)
})
