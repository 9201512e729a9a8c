import { Worker } from 'node:worker_threads'
import { makeFolder } from '#test/support/v2-import/read-all.ts'

const CASE_CPU_MAX_MS = 1_000
/** By the wall clock, which other work on the machine slows down too: only a hang reaches it. */
const CASE_WALL_MAX_MS = 20_000
const HEAP_MAX_MIB = 256

interface Started {
  readonly started: number
  readonly name: string
}

interface Finished {
  readonly number: number
  readonly outcome: string
  readonly rows: number
  readonly cpuMs: number
  readonly rssBytes: number
}

export interface FuzzReport {
  readonly cases: number
  /** Files that were read, perhaps with damage in a table, and files that were refused at opening. */
  readonly read: number
  readonly refused: number
  readonly rows: number
  /** Cases by number with what went wrong: anything but an `AppError`, too slow, or never an end. */
  readonly failures: readonly string[]
  readonly slowestMs: number
  readonly rssMaxBytes: number
}

/** Runs cases of mutated files through the readers in a thread with a bounded heap. A case can be run again by its number. */
export async function fuzzSources(from: number, count: number): Promise<FuzzReport> {
  await using folder = await makeFolder()
  const failures: string[] = []
  let report = { cases: 0, read: 0, refused: 0, rows: 0, slowestMs: 0, rssMaxBytes: 0 }
  const worker = new Worker(new URL('./source-fuzz.worker.ts', import.meta.url), {
    workerData: { from, count, folder: folder.path },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB },
  })
  let current = 'before the first case'
  const hung = Promise.withResolvers<void>()
  let watch = setTimeout(hung.resolve, CASE_WALL_MAX_MS)
  worker.on('message', (message: Started | Finished) => {
    clearTimeout(watch)
    watch = setTimeout(hung.resolve, CASE_WALL_MAX_MS)
    if ('started' in message) {
      current = `case ${message.started} (${message.name})`
      return
    }
    if (message.outcome.startsWith('crash')) failures.push(`${current}: ${message.outcome}`)
    if (message.cpuMs > CASE_CPU_MAX_MS) failures.push(`${current}: took ${Math.round(message.cpuMs)} ms`)
    report = {
      cases: report.cases + 1,
      read: report.read + (message.outcome === 'read' ? 1 : 0),
      refused: report.refused + (message.outcome === 'refused' ? 1 : 0),
      rows: report.rows + message.rows,
      slowestMs: Math.max(report.slowestMs, message.cpuMs),
      rssMaxBytes: Math.max(report.rssMaxBytes, message.rssBytes),
    }
  })
  const ended = new Promise<void>((resolve) => {
    worker.on('error', (error) => failures.push(`${current}: the thread died: ${String(error)}`))
    worker.on('exit', () => resolve())
  })
  await Promise.race([ended, hung.promise.then(() => failures.push(`${current}: no end after ${CASE_WALL_MAX_MS} ms`))])
  clearTimeout(watch)
  await worker.terminate()
  return { ...report, failures }
}
