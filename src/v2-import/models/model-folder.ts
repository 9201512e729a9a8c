import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '#domain/errors.ts'
import { writeDurably, writeFailure } from '#platform/durable-file.ts'
import type { ConvertedModel } from './convert-checkpoint.ts'

/** The models of a data directory: `NAME.onnx` and beside it `NAME.json`, which says what it is and where it came from. */

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/
const MODELS_MAX = 1_000

const description = z.object({
  name: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  input: z.object({ name: z.string(), shape: z.array(z.union([z.string(), z.number()])) }),
  outputs: z.array(z.object({ name: z.string(), shape: z.array(z.union([z.string(), z.number()])) })),
  report: z.record(z.string(), z.unknown()),
})

/** As the checkpoint had them. */
const described = z.object({
  report: z.object({ tensors: z.array(z.object({ name: z.string(), shape: z.array(z.number()).readonly(), sum: z.number() })) }),
})
export type DescribedTensor = z.infer<typeof described>['report']['tensors'][number]

export interface ModelFile {
  /** Its name in the folder. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** What a model is on disk, the model first. Throws `FILE_INVALID` when the name cannot be a file's. */
export function modelFiles(name: string, { onnx, input, outputs, report }: ConvertedModel): readonly [model: ModelFile, about: ModelFile] {
  if (!NAME.test(name))
    throw new AppError(
      'FILE_INVALID',
      `A model cannot be called "${name}". Nothing was written. Rename the checkpoint to letters, digits, dots and dashes.`,
    )
  const text = `${JSON.stringify({ name, sha256: report.onnx.sha256, input, outputs, report }, undefined, 2)}\n`
  return [
    { name: `${name}.onnx`, bytes: onnx },
    { name: `${name}.json`, bytes: Buffer.from(text) },
  ]
}

/**
 * Writes a model and its description; a crash between the two leaves a model that `listModels` calls changed. Returns the path of
 * the `.onnx` file. Throws `FILE_INVALID` when the name cannot be a file's or the folder cannot be written.
 */
export async function saveModel(folder: string, name: string, converted: ConvertedModel): Promise<string> {
  const [model, about] = modelFiles(name, converted)
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw writeFailure(folder, error)
  })
  for (const file of [model, about]) await writeDurably(join(folder, file.name), file.bytes)
  return join(folder, model.name)
}

/** The tensors of the checkpoint that a model was made of, from the description beside it. Throws `FILE_INVALID` where that does not say. */
export async function describedTensors(onnxPath: string): Promise<readonly DescribedTensor[]> {
  const path = onnxPath.replace(/\.onnx$/, '.json')
  try {
    return described.parse(JSON.parse(await readFile(path, 'utf8'))).report.tensors
  } catch (error) {
    throw new AppError(
      'FILE_INVALID',
      `${path} does not say what the model was made of. Its weights were not compared. Convert it again.`,
      {
        cause: error,
      },
    )
  }
}

export interface ListedModel {
  readonly name: string
  readonly sha256: string | null
  /** Why it cannot be used; null for one that is whole. */
  readonly problem: string | null
}

/** Every model of a folder, by name, each checked against the hash in its description. */
export async function listModels(folder: string): Promise<readonly ListedModel[]> {
  const files = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  const names = files
    .filter((file) => file.endsWith('.onnx'))
    .map((file) => file.slice(0, -'.onnx'.length))
    .toSorted()
  const listed: ListedModel[] = []
  for (const name of names.slice(0, MODELS_MAX)) listed.push(await describe(folder, name))
  return listed
}

async function describe(folder: string, name: string): Promise<ListedModel> {
  try {
    const said = description.safeParse(JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')))
    if (!said.success) return { name, sha256: null, problem: 'its description cannot be read' }
    const found = createHash('sha256')
      .update(await readFile(join(folder, `${name}.onnx`)))
      .digest('hex')
    return { name, sha256: found, problem: found === said.data.sha256 ? null : 'its file is not the one that was converted' }
  } catch (error) {
    return { name, sha256: null, problem: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}
