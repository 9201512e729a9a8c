import { basename, join, resolve } from 'node:path'
import { convertCheckpoint, type ConversionReport, type ConvertedModel } from '#v2-import/models/convert-checkpoint.ts'
import { readModelConfig } from '#v2-import/models/read-model-config.ts'
import { listModels, saveModel } from '#v2-import/models/model-folder.ts'
import { compareHeads, PARITY_TOLERANCE, readParityFixture, type ParityReport } from '#v2-import/models/parity.ts'
import { runOnnx } from '#inference/run-onnx.ts'
import { defaultDataDirectory } from '#platform/default-data-directory.ts'
import { EXIT, type ExitCode } from './exit.ts'
import type { ModelCommandLine } from './model-command-line.ts'

export interface ModelTerminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/** `model convert`, `inspect` and `list`. Nothing of a checkpoint is ever executed. */
export async function runModelCommand(line: ModelCommandLine, terminal: ModelTerminal): Promise<ExitCode> {
  const models = join(line.dataDir ?? defaultDataDirectory(terminal.env), 'models')
  switch (line.command) {
    case 'convert':
      return await convert(line, models, terminal)
    case 'inspect':
      return await inspect(line, terminal)
    case 'list':
      return await list(line.json, models, terminal)
  }
}

type Convert = Extract<ModelCommandLine, { readonly command: 'convert' }>

/** The model is written only when the proof that was asked for holds. */
async function convert(line: Convert, models: string, { stdout, stderr }: ModelTerminal): Promise<ExitCode> {
  const model = await convertCheckpoint(resolve(line.checkpoint), { config: await configOf(line.config) })
  for (const warning of warningsOf(model.report)) stderr.write(`Warning: ${warning}\n`)
  const parity = line.verify === undefined ? undefined : await prove(model, line.verify)
  if (parity !== undefined && !parity.isWithin) {
    if (line.json)
      stdout.write(
        `${JSON.stringify({ ...parityJson(parity), parameters: model.report.parameters, onnx: null, sha256: model.report.onnx.sha256 })}\n`,
      )
    stderr.write(`The model differs from PyTorch by up to ${parity.maxAbsDiff}; ${PARITY_TOLERANCE} is allowed. It was not written.\n`)
    return EXIT.failed
  }
  const name = basename(line.checkpoint).replace(/\.(pth|pt|bin|safetensors)$/, '')
  const file = await saveModel(resolve(line.out ?? models), name, model)
  const { parameters, onnx } = model.report
  if (line.json)
    stdout.write(
      `${JSON.stringify({ ...(parity === undefined ? {} : parityJson(parity)), parameters, onnx: file, sha256: onnx.sha256 })}\n`,
    )
  else stdout.write(`${file}\n${parameters} parameters, sha256 ${onnx.sha256}\n${parity === undefined ? '' : parityText(parity)}`)
  return EXIT.done
}

async function configOf(file: string | undefined): Promise<unknown> {
  return file === undefined ? undefined : await readModelConfig(resolve(file))
}

function warningsOf({ warnings, mismatches }: ConversionReport): readonly string[] {
  return [
    ...warnings,
    ...mismatches.map(({ setting, said, by, used }) => `${setting} is ${used}; the ${by} configuration says ${said} and was not used`),
  ]
}

async function prove(model: ConvertedModel, fixtureFile: string): Promise<ParityReport> {
  const fixture = await readParityFixture(resolve(fixtureFile))
  return compareHeads(fixture, await runOnnx(model.onnx, { name: model.input.name, shape: fixture.inputShape, values: fixture.input }))
}

const parityJson = ({ heads, maxAbsDiff }: ParityReport) => ({ heads, max_abs_diff: maxAbsDiff })
const parityText = ({ heads }: ParityReport): string =>
  Object.entries(heads)
    .map(([head, difference]) => `${head.padEnd(20)} differs from PyTorch by at most ${difference}\n`)
    .join('')

async function inspect(line: Extract<ModelCommandLine, { readonly command: 'inspect' }>, { stdout }: ModelTerminal): Promise<ExitCode> {
  const { report, input, outputs } = await convertCheckpoint(resolve(line.file), { config: await configOf(line.config) })
  if (line.json) {
    stdout.write(`${JSON.stringify({ ...report, input, outputs })}\n`)
    return EXIT.done
  }
  const { source, choices, tensors } = report
  const lines = [
    `${source.format}, ${source.layout}, ${source.bytes} bytes, sha256 ${source.sha256}`,
    ...choices.map((choice) => `${choice.setting} = ${choice.value} (from the ${choice.source})`),
    ...warningsOf(report).map((warning) => `Warning: ${warning}`),
    ...tensors.map(({ name, type, shape }) => `${name}  ${type} [${shape.join(', ')}]`),
    `${report.parameters} parameters; outputs ${outputs.map(({ name }) => name).join(', ')}`,
  ]
  stdout.write(`${lines.join('\n')}\n`)
  return EXIT.done
}

async function list(json: boolean, models: string, { stdout }: ModelTerminal): Promise<ExitCode> {
  const found = await listModels(models)
  if (json) stdout.write(`${JSON.stringify(found)}\n`)
  else if (found.length === 0) stdout.write(`There are no models in ${models}. bot-trading model convert makes one from a checkpoint.\n`)
  else stdout.write(found.map(({ name, problem, sha256 }) => `${name}  ${problem ?? `sha256 ${sha256 ?? ''}`}\n`).join(''))
  return EXIT.done
}
