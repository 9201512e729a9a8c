import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { Series, mutate } from '#test/support/models/mutations.ts'
import { SMALL_LAYOUT, patchTstCheckpoint } from '#test/support/models/patchtst-checkpoint.ts'
import { dict, integer, text } from '#test/support/models/pickle-bytes.ts'
import { CONTAINERS, NUMPY_VALUES, ROBUST_SCALERS, STANDARD_SCALER } from '#test/support/models/python-pickles.ts'
import { zip } from '#test/support/models/zip-bytes.ts'
import { convertCheckpoint } from './convert-checkpoint.ts'
import { readPlainPickle } from './pickle/plain-data.ts'
import { readScaler } from './read-scaler.ts'
import { readCheckpoint } from './torch/read-checkpoint.ts'
import { readStateDict } from './torch/state-dict.ts'
import { tensorFloats } from './torch/tensors.ts'
import { ZipArchive } from './zip/archive.ts'

/** Mutated files in all; IMPORT_FUZZ asks for the long form. */
const CASES = Number(process.env['IMPORT_FUZZ'] ?? 2_000)
const SEED = Number(process.env['IMPORT_FUZZ_SEED'] ?? 1)
/** Of the thread's own work: the wall clock of a busy machine says nothing. */
const MAX_CASE_MS = 1_000
const MAX_RSS_GROWTH_BYTES = 512 * 1024 * 1024
const MAX_SEED_BYTES = 20_000
const DATA = resolve('../shared/data')

interface Target {
  readonly name: string
  readonly share: number
  readonly seeds: readonly Uint8Array[]
  readonly read: (bytes: Uint8Array, series: Series) => unknown
}

const fromBase64 = (text_: string): Uint8Array => Buffer.from(text_, 'base64')
const config = dict({ model: dict({ context_window: integer(24), stride: integer(4), n_heads: integer(2), activation: text('gelu') }) })
const checkpoint = patchTstCheckpoint({ config, layout: { ...SMALL_LAYOUT, layers: 1 } })
const archive = new ZipArchive(checkpoint)
const dataPickle = archive.read('model/data.pkl')

/** The checkpoint again with another `data.pkl`: its checksum is right, so the change reaches the pickle reader and all behind it. */
function withPickle(bytes: Uint8Array): Uint8Array {
  return zip(archive.names.map((name) => ({ name, data: name === 'model/data.pkl' ? bytes : archive.read(name) })))
}

/** Reads a model file to the last tensor, whatever it is. */
function readAll(bytes: Uint8Array): void {
  const found = readCheckpoint(bytes)
  for (const tensor of readStateDict(found.root).tensors.values()) tensorFloats(found, tensor)
}

function files(folder: string, pattern: RegExp): Uint8Array[] {
  const path = join(DATA, folder)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .filter((name) => pattern.test(name))
    .map((name) => readFileSync(join(path, name)))
    .filter(({ byteLength }) => byteLength <= MAX_SEED_BYTES)
}

const torchFiles = [checkpoint, ...files('checkpoints', /\.(?:pt|tar)$/), ...files('pickles-hostile', /\.(?:zip|npz|pt)\.sample$/)]
const pickles = [...CONTAINERS, ...NUMPY_VALUES, STANDARD_SCALER].map(fromBase64)

const TARGETS: readonly Target[] = [
  { name: 'model files', share: 0.3, seeds: torchFiles, read: readAll },
  { name: 'the pickle in a checkpoint', share: 0.3, seeds: [dataPickle], read: (bytes) => convertCheckpoint(withPickle(bytes)) },
  {
    name: 'configurations',
    share: 0.25,
    seeds: [...pickles, ...files('pickles-hostile', /\.(?:pkl|pickle)\.sample$/)],
    read: readPlainPickle,
  },
  { name: 'scalers', share: 0.15, seeds: [...ROBUST_SCALERS, STANDARD_SCALER].map(fromBase64), read: readScaler },
]

describe('mutated files', () => {
  it.each(TARGETS)(
    '$name: read or refused, never anything else',
    { timeout: Math.max(60_000, CASES * 20) },
    async ({ name, share, seeds, read }) => {
      const lent = TARGETS.flatMap((target) => target.seeds)
      const before = process.memoryUsage().rss
      const [outcomes, reasons] = [{ read: 0, refused: 0 }, new Set<string>()]
      let [slowest, peak] = [0, before]
      for (let index = 0; index < CASES * share; index += 1) {
        const series = new Series(SEED * 1_000_003 + index)
        const bytes = mutate(seeds[index % seeds.length] ?? new Uint8Array(), lent, series)
        const started = process.threadCpuUsage()
        const error = await attempt(() => read(bytes, series))
        const used = process.threadCpuUsage(started)
        const tookMs = (used.user + used.system) / 1_000
        expect(tookMs, `${name}, case ${index} of seed ${SEED}`).toBeLessThan(MAX_CASE_MS)
        if (error !== undefined && !(error instanceof AppError)) throw new Error(`${name}, case ${index} of seed ${SEED}`, { cause: error })
        if (error !== undefined) reasons.add(error.message.replaceAll(/\d+|"[^"]*"/g, '#'))
        outcomes[error === undefined ? 'read' : 'refused'] += 1
        slowest = Math.max(slowest, tookMs)
        peak = Math.max(peak, process.memoryUsage().rss)
      }
      const grownMiB = Math.round((peak - before) / 2 ** 20)
      process.stdout.write(
        `${name}: ${outcomes.read} read, ${outcomes.refused} refused for ${reasons.size} reasons, slowest ${slowest.toFixed(0)} ms, +${grownMiB} MiB\n`,
      )
      expect(peak - before).toBeLessThan(MAX_RSS_GROWTH_BYTES)
      expect(outcomes.read).toBeGreaterThan(0)
      expect(reasons.size).toBeGreaterThan(10)
    },
  )
})

async function attempt(read: () => unknown): Promise<Error | undefined> {
  try {
    await read()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
