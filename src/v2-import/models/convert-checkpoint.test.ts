import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { loadOnnxRuntime } from '#test/support/models/onnx-session.ts'
import type { CheckpointOptions } from '#test/support/models/patchtst-checkpoint.ts'
import { SMALL_LAYOUT, patchTstCheckpoint } from '#test/support/models/patchtst-checkpoint.ts'
import { dict, global, integer, pickle, text } from '#test/support/models/pickle-bytes.ts'
import { compareTensors } from './compare-tensors.ts'
import { convertCheckpoint } from './convert-checkpoint.ts'
import { readTensors } from './onnx/read-tensors.ts'

const DATA = resolve('../shared/data')
/** The contract's bound against PyTorch; what is measured is below 1e-6. */
const TOLERANCE = 1e-4

interface Fixture {
  readonly shape: { readonly batch: number; readonly context: number; readonly features: number }
  readonly model: Readonly<Record<string, unknown>>
  readonly parameters: number
  readonly input: readonly number[]
  readonly expected: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] } | null>>
}

const run = await loadOnnxRuntime()
const config = dict({ model: dict({ context_window: integer(24), stride: integer(4), n_heads: integer(2), activation: text('gelu') }) })

function models(): (readonly [string, string, string])[] {
  if (!existsSync(join(DATA, 'patchtst'))) return []
  const checkpoints = readdirSync(join(DATA, 'patchtst')).filter((name) => name.endsWith('.pth'))
  const installs = ['clean', 'worn'].map((kind) => join('v2-install', kind))
  return [
    ...checkpoints.map((name) => [name, join(DATA, 'patchtst', name), join(DATA, 'patchtst', name.replace('.pth', '.json'))] as const),
    ...installs.map(
      (folder) =>
        [folder, join(DATA, folder, 'models', 'best_model_20250728_215703.pth'), join(DATA, folder, 'models-expected.json')] as const,
    ),
  ]
}

describe.skipIf(models().length === 0)('checkpoints of UnifiedPatchTST (skipped where ../shared/data is absent)', () => {
  it('there are nine', () => {
    expect(models()).toHaveLength(9)
  })

  it.each(models())('%s becomes a model with the heads, shapes and parameters PyTorch reports', async (_name, checkpoint, fixture) => {
    const { shape, parameters, expected, model } = JSON.parse(readFileSync(fixture, 'utf8')) as Fixture
    const { input, outputs, report } = await convertCheckpoint(checkpoint)
    expect(input).toEqual({ name: 'features', shape: ['batch', shape.context, shape.features] })
    const heads = Object.entries(expected).filter(([, head]) => head !== null)
    expect(Object.fromEntries(outputs.map((output) => [output.name, [shape.batch, ...output.shape.slice(1)]]))).toEqual(
      Object.fromEntries(heads.map(([name, head]) => [name, head?.shape])),
    )
    expect(report.parameters).toBe(parameters)
    expect(report.mismatches).toEqual([])
    for (const { setting, value } of report.choices) expect([setting, value]).toEqual([setting, model[setting]])
  })

  it.skipIf(run === undefined).each(models())(
    '%s: ONNX gives what PyTorch gave (skipped without onnxruntime-node)',
    async (_name, checkpoint, fixture) => {
      const { shape, input, expected } = JSON.parse(readFileSync(fixture, 'utf8')) as Fixture
      const model = await convertCheckpoint(checkpoint)
      const dims = [shape.batch, shape.context, shape.features]
      const results = (await run?.(model.onnx, { name: 'features', dims, data: Float32Array.from(input) })) ?? {}
      for (const [head, values] of Object.entries(expected)) {
        if (values === null) continue
        expect(results[head]?.dims, head).toEqual(values.shape)
        const differences = values.values.map((value, index) => Math.abs(value - (results[head]?.data[index] ?? Number.NaN)))
        expect(Math.max(...differences), head).toBeLessThanOrEqual(TOLERANCE)
      }
    },
  )

  it.each(models())('%s: every tensor of the checkpoint stands in the model, by name, shape and sum', async (_name, checkpoint) => {
    const { onnx, report } = await convertCheckpoint(checkpoint)
    expect(report.tensors.length).toBeGreaterThan(10)
    expect(compareTensors(report.tensors, onnx)).toEqual([])
    const weights = readTensors(onnx).filter((tensor) => report.tensors.some((one) => tensor.name.startsWith(one.name)))
    for (const { name, data } of weights.filter((_, i) => i % 9 === 0)) {
      const damagedFile = Buffer.from(onnx)
      // The exponent of its first element.
      const at = damagedFile.indexOf(Buffer.from(data.buffer)) + 3
      damagedFile[at] = (damagedFile[at] ?? 0) ^ 0x40
      const odd = compareTensors(report.tensors, damagedFile)
      expect(odd, name).toEqual([expect.stringContaining(`the elements of ${name.replace('.transposed', '')} add up to`)])
    }
    const [first, ...others] = report.tensors
    expect(compareTensors([{ ...first!, shape: [...first!.shape, 2] }, ...others], onnx)).toEqual([expect.stringContaining(first!.name)])
    expect(compareTensors([{ ...first!, name: 'another' }], onnx)).toEqual(['the tensor another is not in it'])
    expect(() => compareTensors(report.tensors, onnx.subarray(0, onnx.byteLength - 7))).toThrow(AppError)
  })

  it('the same file gives the same bytes', async () => {
    const path = join(DATA, 'patchtst', 'small.pth')
    const [first, second] = [await convertCheckpoint(path), await convertCheckpoint(readFileSync(path))]
    expect(Buffer.from(first.onnx).equals(second.onnx)).toBe(true)
    expect(first.report).toEqual(second.report)
  })

  it('a trainer file with optimizer state says what it left behind', async () => {
    const { report } = await convertCheckpoint(join(DATA, 'patchtst', 'small-optimizer.pth'))
    expect(report.source).toMatchObject({
      format: 'zip',
      layout: 'trainer',
      prefix: '',
      leftBehind: expect.arrayContaining(['optimizer_state_dict', 'epoch']),
    })
  })

  it('prefix, legacy stream and half precision are reported', async () => {
    const reports = await Promise.all(
      ['small-module', 'small-legacy', 'small-half'].map((name) => convertCheckpoint(join(DATA, 'patchtst', `${name}.pth`))),
    )
    expect(reports.map(({ report }) => [report.source.prefix, report.source.format, report.tensors[0]?.type])).toEqual([
      ['module.', 'zip', 'float32'],
      ['', 'legacy', 'float32'],
      ['', 'zip', 'float16'],
    ])
  })
})

describe('a checkpoint made here', () => {
  it('is converted', async () => {
    const { report, outputs } = await convertCheckpoint(patchTstCheckpoint({ config }))
    expect(outputs.map(({ name }) => name)).toEqual(['future_returns', 'direction_logits', 'risk_metrics', 'outputs'])
    expect(report.warnings).toEqual([])
    expect(report.source.sha256).toMatch(/^[0-9a-f]{64}$/)
    const temperature = report.tensors.find(({ name }) => name === 'temperature')
    expect(temperature).toEqual({ name: 'temperature', type: 'float32', shape: [1], sum: 1.5 })
  })

  it('without a configuration asks for one when the defaults do not fit', async () => {
    await expect(convertCheckpoint(patchTstCheckpoint())).rejects.toThrow(/give a configuration with context_window and stride/)
    const { report } = await convertCheckpoint(patchTstCheckpoint(), { config: { context_window: 24, stride: 4 } })
    expect(report.choices).toContainEqual({ setting: 'context_window', value: 24, source: 'given' })
    expect(report.warnings).toEqual([
      expect.stringContaining('n_heads cannot be seen'),
      expect.stringContaining('activation cannot be seen'),
    ])
  })

  it('with positions stored the other way round gives the same model', async () => {
    const turned = { ...SMALL_LAYOUT, transposedPositions: true }
    const [straight, other] = await Promise.all(
      [patchTstCheckpoint({ config }), patchTstCheckpoint({ config, layout: turned })].map((file) => convertCheckpoint(file)),
    )
    const withoutHash = [straight, other].map((model) =>
      Buffer.from(model?.onnx ?? [])
        .toString('latin1')
        .replace(model?.report.source.sha256 ?? '', ''),
    )
    expect(withoutHash[0]).toBe(withoutHash[1])
  })

  it('with averaged weights beside warns', async () => {
    const { report } = await convertCheckpoint(patchTstCheckpoint({ config, beside: { ema_state_dict: dict({}) } }))
    expect(report.warnings).toEqual([expect.stringContaining('averaged weights')])
  })

  const refused: readonly (readonly [string, CheckpointOptions, RegExp])[] = [
    ['a tensor missing', { shapes: (shapes) => shapes.delete('ln.bias') }, /not a whole UnifiedPatchTST: ln\.bias is missing/],
    ['a tensor unknown', { shapes: (shapes) => shapes.set('volatility_head.0.weight', [2, 2]) }, /"volatility_head\.0\.weight" is unknown/],
    ['a tensor of another shape', { shapes: (shapes) => shapes.set('ln.weight', [7]) }, /ln\.weight has the shape \[7\], not \[8\]/],
    ['half a head', { shapes: (shapes) => shapes.set('confidence_head.0.weight', [6, 8]) }, /no tensor confidence_head\.3\.weight/],
    ['no risk head', { shapes: (shapes) => shapes.delete('risk_metrics_head.0.weight') }, /no tensor risk_metrics_head\.0\.weight/],
    ['a layer left out', { shapes: (shapes) => renameLayer(shapes) }, /encoder_layers\.1\.\S+ is missing/],
    ['a layer of number 9,999', { shapes: (shapes) => shapes.set('encoder.encoder_layers.9999.norm1.bias', [8]) }, /at most 64 layers/],
    [
      'a weight that is not finite',
      { values: (name, values) => name === 'ln.weight' && values.fill(Number.NaN, 0, 1) },
      /tensor ln\.weight holds a number that is not finite/,
    ],
    ['a temperature of zero', { values: (name, values) => name === 'temperature' && values.fill(0) }, /temperature of the model is 0/],
    [
      'another model',
      { shapes: (shapes) => shapes.delete('patch_embedding.weight') },
      /not a UnifiedPatchTST: it has no tensor patch_embedding\.weight/,
    ],
    ['a configuration that runs code', { config: pickle(global('os', 'system'), '(', text('x'), 'tR') }, /names os\.system at byte/],
    ['a prefix on some tensors only', { shapes: (shapes) => shapes.set('module.extra', [1]) }, /1 of \d+ tensors have the prefix/],
  ]

  it.each(refused)('%s is refused', async (_name, options, reason) => {
    const file = patchTstCheckpoint({ config, ...options })
    await expect(convertCheckpoint(file)).rejects.toThrow(AppError)
    await expect(convertCheckpoint(file)).rejects.toThrow(reason)
  })

  it.skipIf(run === undefined)('runs for any batch (skipped without onnxruntime-node)', async () => {
    const { onnx } = await convertCheckpoint(patchTstCheckpoint({ config }))
    const candles = Float32Array.from({ length: 5 * 24 * 3 }, (_unused, index) => Math.sin(index))
    const five = await run?.(onnx, { name: 'features', dims: [5, 24, 3], data: candles })
    const last = await run?.(onnx, { name: 'features', dims: [1, 24, 3], data: candles.slice(4 * 24 * 3) })
    expect(five?.['direction_logits']?.dims).toEqual([5, 4, 3])
    const tail = [...(five?.['outputs']?.data.slice(4 * 20) ?? [])]
    tail.forEach((value, index) => expect(last?.['outputs']?.data[index]).toBeCloseTo(value, 5))
  })
})

function renameLayer(shapes: Map<string, readonly number[]>): void {
  for (const [name, shape] of Array.from(shapes)) {
    if (!name.startsWith('encoder.encoder_layers.1.')) continue
    shapes.delete(name)
    shapes.set(name.replace('layers.1.', 'layers.2.'), shape)
  }
}
