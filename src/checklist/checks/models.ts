import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { runOnnx } from '#inference/run-onnx.ts'
import { listModels } from '#v2-import/models/model-folder.ts'
import { type Check, judged, type Measured, notRun } from '../check.ts'

const MODELS_FOLDER = 'models'
const MODELS_MAX = 50
/** A model that asks for more values at once is not tried. */
const INPUT_VALUES_MAX = 10_000_000

const description = z.object({
  input: z.object({ name: z.string(), shape: z.array(z.union([z.string(), z.number().int().positive()])) }),
  outputs: z.array(z.object({ name: z.string() })),
})

/** Every model is loaded and run once, on an input that is no constant: its numbers must come out, and be numbers. */
export const MODELS: Check = {
  area: 'models',
  name: 'models run',
  needsWorkstation: false,
  async measure({ directory }) {
    const folder = join(directory.path, MODELS_FOLDER)
    const models = await listModels(folder)
    if (models.length === 0) return [notRun('models', 'each is whole and runs', `there are no models in ${folder}`)]
    const lines: Measured[] = []
    for (const { name, problem } of models.slice(0, MODELS_MAX)) lines.push(await tried(folder, name, problem))
    if (models.length > MODELS_MAX)
      lines.push(notRun('further models', 'each is whole and runs', `${models.length - MODELS_MAX} were not tried`))
    return lines
  },
}

async function tried(folder: string, name: string, problem: string | null): Promise<Measured> {
  const line = { name: `model ${name}`, expectation: 'whole, loads, and gives finite numbers for every output' }
  if (problem !== null) return judged(false, { ...line, value: 'not usable', detail: problem })
  const { input, outputs } = description.parse(JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')))
  // A dimension with a name is of any length: one.
  const shape = input.shape.map((size) => (typeof size === 'number' ? size : 1))
  const size = shape.reduce((product, each) => product * each, 1)
  if (size > INPUT_VALUES_MAX)
    return notRun(line.name, line.expectation, `its input has ${size} values; more than ${INPUT_VALUES_MAX} are not tried`)
  const values = Float32Array.from({ length: size }, (_, index) => Math.sin(index))
  const began = performance.now()
  const results = await runOnnx(await readFile(join(folder, `${name}.onnx`)), { name: input.name, shape, values })
  const ms = performance.now() - began
  const wrong = outputs
    .map((output) => ({ name: output.name, numbers: results.get(output.name)?.values }))
    .filter(({ numbers }) => numbers === undefined || numbers.length === 0 || !numbers.every(Number.isFinite))
  return judged(wrong.length === 0, {
    ...line,
    value: `${outputs.length - wrong.length} of ${outputs.length} outputs, ${Math.round(ms)} ms to load and run`,
    detail: wrong.map(({ name: output }) => `${output} is absent or not finite`).join('; '),
  })
}
