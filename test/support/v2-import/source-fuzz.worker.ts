import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import { fuzzSeeds } from '#test/support/v2-import/fuzz-seeds.ts'
import { mutate, SeededRandom } from '#test/support/v2-import/mutations.ts'
import { openSource } from '#v2-import/sources/open-source.ts'

const { from, count, folder } = workerData as { readonly from: number; readonly count: number; readonly folder: string }
const seeds = fuzzSeeds()

/** Reads everything; gives how many rows came. Throws what the reader throws, or what is wrong with a row. */
async function readEverything(path: string): Promise<number> {
  const source = await openSource(path)
  let rows = 0
  try {
    for (const table of source.tables()) {
      try {
        let number = 0
        for await (const batch of source.rows(table)) {
          for (const row of batch) {
            number += 1
            if (row.number !== number) throw new Error(`row ${number} of ${table.key} says it is ${row.number}`)
            if (row.damage === undefined && row.cells.length !== table.columns.length)
              throw new Error(`row ${number} of ${table.key} has ${row.cells.length} cells for ${table.columns.length} columns`)
          }
          rows += batch.length
        }
      } catch (error) {
        if (!(error instanceof AppError)) throw error
      }
    }
    source.findings()
  } finally {
    await source.close()
  }
  return rows
}

for (let number = from; number < from + count; number += 1) {
  const random = new SeededRandom(number)
  const seed = random.pick(seeds)
  const path = join(folder, seed.name)
  writeFileSync(path, mutate(seed.bytes, random))
  parentPort?.postMessage({ started: number, name: seed.name })
  const before = process.threadCpuUsage()
  let [outcome, rows] = ['read', 0]
  try {
    rows = await readEverything(path)
  } catch (error) {
    outcome = error instanceof AppError ? 'refused' : `crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
  const { user, system } = process.threadCpuUsage(before)
  parentPort?.postMessage({ number, outcome, rows, cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() })
}
