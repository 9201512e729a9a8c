import { join } from 'node:path'
import { readIfThere, sha256Of } from '#platform/durable-file.ts'
import { compareTensors } from '../models/compare-tensors.ts'
import { describedTensors } from '../models/model-folder.ts'
import { PARITY_TOLERANCE } from '../models/parity.ts'
import type { Check, ModelOutcome } from '../run/import-report.ts'
import { type ConvertedFile, convertModelFile, isCheckpoint, ModelNames } from './convert-models.ts'
import { meterOf, type MigrationContext, type V2Folder } from './migration-context.ts'
import { PlacedFiles } from './placed-files.ts'

const FOLDER = 'models'

/** Converts every checkpoint and scaler of the folder, one after another. One that is refused stops no other. Throws `AppError`. */
export async function bringModels(context: MigrationContext, folder: V2Folder): Promise<readonly ModelOutcome[]> {
  const files = [...folder.files.models, ...folder.files.scalers]
  const meter = meterOf(context, { step: 'models', unit: 'files', total: files.length })
  const names = new ModelNames()
  const outcomes: ModelOutcome[] = []
  for (const file of files) {
    context.options.signal?.throwIfAborted()
    outcomes.push(await put(context, await convertModelFile(folder, file, names.next(file))))
    meter.add(1)
  }
  return outcomes
}

async function put({ place, record }: MigrationContext, converted: ConvertedFile): Promise<ModelOutcome> {
  const { file, files, refusal, maxAbsDiff, notes } = converted
  const model = files.at(-1)
  if (refusal !== undefined || model === undefined) return { file, status: 'refused', maxAbsDiff, reason: refusal ?? '' }
  const target = new PlacedFiles(place.directory.path, record)
  const paths = files.map(({ name }) => `${FOLDER}/${name}`)
  const to = join(place.directory.path, FOLDER, model.name)
  const foreseen = await Promise.all(files.map(({ bytes }, index) => target.foresee(paths[index] ?? '', bytes)))
  if (foreseen.includes('kept'))
    return { file, status: 'kept', maxAbsDiff, to, reason: 'Another file of this name is there: it was left as it is.' }
  for (const [index, { bytes }] of files.entries()) await target.place(paths[index] ?? '', bytes)
  return { file, status: 'converted', maxAbsDiff, to, sha256: sha256Of(model.bytes), reason: notes.join(' ') || undefined }
}

/** N10 for the models: what stands on the disk is what was converted, tensor by tensor, and computes what PyTorch recorded. */
export async function checkModels(outcomes: readonly ModelOutcome[]): Promise<Check> {
  const odd: string[] = []
  let tensors = 0
  for (const { file, status, to, sha256, maxAbsDiff } of outcomes) {
    if (status === 'refused' && maxAbsDiff !== undefined) odd.push(`${file}: differs from PyTorch by ${maxAbsDiff}`)
    if (status !== 'converted' || to === undefined) continue
    const bytes = await readIfThere(to)
    if (bytes === undefined || sha256Of(bytes) !== sha256) odd.push(`${file}: ${to} is not what was converted`)
    else if (isCheckpoint(file)) {
      const weights = await describedTensors(to)
      tensors += weights.length
      odd.push(...compareTensors(weights, bytes).map((words) => `${file}: ${words}`))
    }
  }
  const models = outcomes.filter(({ file }) => isCheckpoint(file))
  const proven = models.filter(({ status, maxAbsDiff }) => status === 'converted' && maxAbsDiff !== undefined)
  const refused = outcomes.filter(({ status }) => status === 'refused').length
  const largest = Math.max(0, ...proven.map(({ maxAbsDiff }) => maxAbsDiff ?? 0))
  const detail = [
    `${models.length} models and ${outcomes.length - models.length} scalers, ${refused} refused`,
    `${proven.length} models give what PyTorch recorded`,
    'files on disk by sha256',
    `${tensors} tensors by name, shape and sum`,
    ...odd,
  ].join('; ')
  const status = odd.length > 0 ? 'failed' : proven.length === 0 ? 'not_run' : 'passed'
  const found = proven.length === 0 ? undefined : `at most ${largest}`
  return { name: 'N10 models', status, expected: `differences of at most ${PARITY_TOLERANCE}`, found, detail }
}
