import { basename, dirname, join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { readIfThere } from '#platform/durable-file.ts'
import { convertCheckpoint, type ConvertedModel } from '../models/convert-checkpoint.ts'
import { type ModelFile, modelFiles } from '../models/model-folder.ts'
import { compareHeads, PARITY_TOLERANCE, type ParityFixture, type ParityReport, readParityFixture } from '../models/parity.ts'
import { readModelConfig } from '../models/read-model-config.ts'
import { readScaler } from '../models/read-scaler.ts'
import type { V2Folder } from './migration-context.ts'

/** Recorded inputs and outputs: beside a model under its own name, or for the only model of an installation. */
const RECORDED_FILE = 'models-expected.json'
const CONFIG_FILES = ['config.yaml', 'config.yml', 'config.json', 'config.pkl']
const CHECKPOINT = /\.(?:pth|pt)$/i

/** What one file of version 2 gives: either files for the folder of models, the last one being the model, or why it gives none. */
export interface ConvertedFile {
  readonly file: string
  readonly files: readonly ModelFile[]
  readonly refusal: string | undefined
  readonly maxAbsDiff: number | undefined
  readonly notes: readonly string[]
}

export function isCheckpoint(file: string): boolean {
  return CHECKPOINT.test(file)
}

/** Gives each file a name of its own for the folder of models: its own, or that and its folders where another has it. */
export class ModelNames {
  readonly #taken = new Set<string>()

  next(file: string): string {
    const plain = file.replace(/\.(?:pth|pt|pkl|pickle)$/i, '')
    const names = [basename(plain), plain.replaceAll('/', '-')].map((name) =>
      name
        .replaceAll(/[^A-Za-z0-9._-]/g, '-')
        .replace(/^[^A-Za-z0-9]+/, '')
        .slice(0, 100),
    )
    const name = names.find((each) => each !== '' && !this.#taken.has(each)) ?? `model-${this.#taken.size + 1}`
    this.#taken.add(name)
    return name
  }
}

/** Nothing of the file is executed. A file that cannot be converted is answered with the reason. */
export async function convertModelFile(folder: V2Folder, file: string, name: string): Promise<ConvertedFile> {
  try {
    return isCheckpoint(file) ? await convertModel(folder, file, name) : await convertScaler(folder, file, name)
  } catch (error) {
    if (error instanceof AppError) return { file, files: [], refusal: error.message, maxAbsDiff: undefined, notes: [] }
    throw error
  }
}

async function convertModel(folder: V2Folder, file: string, name: string): Promise<ConvertedFile> {
  const notes: string[] = []
  const model = await convertCheckpoint(join(folder.path, file), { config: await configOf(folder, file, notes) })
  const fixture = await recordedFor(folder, file)
  if (fixture === undefined) notes.push('No outputs of PyTorch were recorded for it: that it computes the same is not proven.')
  const parity = fixture === undefined ? undefined : await prove(model, fixture)
  const { warnings, mismatches } = model.report
  notes.push(
    ...warnings,
    ...mismatches.map(({ setting, said, by, used }) => `${setting} is ${used}; the ${by} configuration says ${said} and was not used.`),
  )
  const maxAbsDiff = parity?.maxAbsDiff ?? undefined
  const refusal =
    parity?.isWithin === false
      ? `Its outputs differ from those PyTorch recorded by up to ${String(parity.maxAbsDiff)}; ${PARITY_TOLERANCE} is allowed. It was not written.`
      : undefined
  // The description first: a model that has none yet is not listed as whole.
  const files = refusal === undefined ? modelFiles(name, model).toReversed() : []
  return { file, files, refusal, maxAbsDiff, notes }
}

async function convertScaler(folder: V2Folder, file: string, name: string): Promise<ConvertedFile> {
  const { kind, features, center, scale, version, sha256 } = await readScaler(join(folder.path, file))
  const content = { kind, features, center: [...center], scale: [...scale], source: { sha256, version: version ?? null } }
  const bytes = Buffer.from(`${JSON.stringify(content, undefined, 1)}\n`)
  const notes = [`${kind} of ${features} features.`]
  return { file, files: [{ name: `${name}.scaler.json`, bytes }], refusal: undefined, maxAbsDiff: undefined, notes }
}

/** What lies beside the checkpoint goes before the settings of the installation. One that is damaged is as none. */
async function configOf(folder: V2Folder, file: string, notes: string[]): Promise<unknown> {
  const at = dirname(file)
  const beside = at === '.' ? [] : CONFIG_FILES.map((name) => join(folder.path, at, name))
  for (const path of [...beside, join(folder.path, 'ml_config.json')]) {
    if ((await readIfThere(path)) === undefined) continue
    try {
      return await readModelConfig(path)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      notes.push(`${basename(path)} cannot be read and was not used.`)
    }
  }
  return undefined
}

async function recordedFor({ path: root, files }: V2Folder, file: string): Promise<ParityFixture | undefined> {
  const own = join(root, file.replace(CHECKPOINT, '.expected.json'))
  const shared = files.models.length === 1 ? [dirname(file), '.'].map((at) => join(root, at, RECORDED_FILE)) : []
  for (const path of [own, ...shared]) if ((await readIfThere(path)) !== undefined) return await readParityFixture(path)
  return undefined
}

/** The runtime is loaded only where there is something to prove. */
async function prove(model: ConvertedModel, fixture: ParityFixture): Promise<ParityReport> {
  const { runOnnx } = await import('#inference/run-onnx.ts')
  return compareHeads(fixture, await runOnnx(model.onnx, { name: model.input.name, shape: fixture.inputShape, values: fixture.input }))
}
