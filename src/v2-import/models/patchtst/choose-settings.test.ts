import { describe, expect, it } from 'vitest'
import { SMALL_LAYOUT } from '#test/support/models/patchtst-checkpoint.ts'
import { chooseSettings } from './choose-settings.ts'
import type { PatchTstLayout } from './layout.ts'
import { readSettings } from './settings.ts'

/** The layout of v2's model: 11 patches of 16 candles every 8 in a context of 96. */
const REAL: PatchTstLayout = { ...SMALL_LAYOUT, features: 240, patchLength: 16, patches: 11, width: 256, feedForwardWidth: 512, layers: 3 }

/** What the migration plan writes into `ml_config.yaml`, whatever the model is. */
const PLAN = readSettings({
  model_type: 'UnifiedPatchTST',
  input_features: 240,
  output_dim: 20,
  context_length: 96,
  patch_length: 8,
  hidden_dim: 256,
  n_heads: 8,
  n_layers: 3,
})

const choice = (chosen: ReturnType<typeof chooseSettings>, setting: string): unknown => {
  const found = chosen.choices.find((candidate) => candidate.setting === setting)
  return found === undefined ? undefined : [found.value, found.source]
}

describe('settings of a UnifiedPatchTST', () => {
  it("the checkpoint's own configuration comes first", () => {
    const own = { context_window: 96, stride: 8, n_heads: 8, activation: 'relu', patch_len: 16 }
    const chosen = chooseSettings(REAL, own, { n_heads: 2, activation: 'gelu' })
    expect(chosen.model).toMatchObject({ context: 96, stride: 8, attentionHeads: 8, activation: 'relu' })
    expect(choice(chosen, 'n_heads')).toEqual([8, 'checkpoint'])
    expect(chosen.mismatches).toEqual([
      { setting: 'n_heads', said: 2, by: 'given', used: 8 },
      { setting: 'activation', said: 'gelu', by: 'given', used: 'relu' },
    ])
    expect(chosen.warnings).toEqual([])
  })

  it('then the one given', () => {
    const chosen = chooseSettings(REAL, {}, { n_heads: 2, context_window: 96, stride: 8, activation: 'gelu' })
    expect(choice(chosen, 'n_heads')).toEqual([2, 'given'])
    expect(chosen.warnings).toEqual([])
  })

  it('then the defaults, each with a warning', () => {
    const chosen = chooseSettings(REAL, {}, {})
    expect(chosen.model).toMatchObject({ context: 96, stride: 8, attentionHeads: 4, activation: 'gelu' })
    expect(chosen.warnings).toHaveLength(4)
    expect(chosen.warnings[2]).toContain('n_heads cannot be seen from the tensors')
  })

  it("the plan's configuration contradicts the real model, so its 8 heads are not believed", () => {
    const chosen = chooseSettings(REAL, {}, PLAN)
    expect(choice(chosen, 'n_heads')).toEqual([4, 'default'])
    expect(choice(chosen, 'patch_len')).toEqual([16, 'tensors'])
    expect(chosen.mismatches).toEqual([
      { setting: 'patch_len', said: 8, by: 'given', used: 16 },
      { setting: 'n_heads', said: 8, by: 'given', used: 4 },
    ])
    expect(chosen.warnings[0]).toBe('The given configuration contradicts the tensors, so nothing of it was used.')
  })

  it('a stride that does not give the stored positions is reported and not used', () => {
    const chosen = chooseSettings(REAL, { stride: 4, context_window: 96, n_heads: 4, activation: 'gelu' }, {})
    expect(choice(chosen, 'stride')).toEqual([8, 'default'])
    expect(chosen.mismatches).toEqual([{ setting: 'stride', said: 4, by: 'checkpoint', used: 8 }])
  })

  it('another context with its stride is taken as said', () => {
    const chosen = chooseSettings({ ...REAL, patches: 15 }, { context_window: 128, stride: 8 }, {})
    expect(choice(chosen, 'context_window')).toEqual([128, 'checkpoint'])
  })

  it('no fitting pair, no fitting heads, or an unknown activation is refused', () => {
    expect(() => chooseSettings({ ...REAL, patches: 12 }, {}, {})).toThrow(
      /12 patches of 16 candles, which no known context and stride \(96\/8\) give/,
    )
    expect(() => chooseSettings({ ...REAL, width: 255 }, {}, {})).toThrow(/no number of attention heads divides the width 255/)
    expect(() => chooseSettings(REAL, { activation: 'swish' }, {})).toThrow(/activation "swish" is not known/)
  })
})

describe('settings in a configuration', () => {
  it.each([
    ['its model section', { model: { n_heads: 4 }, n_heads: 8 }, { n_heads: 4 }],
    ['the model section of ml', { ml: { model: { stride: 8, activation: 'gelu' } } }, { stride: 8, activation: 'gelu' }],
    ["v2's ml_config.json", { features: 240, predictions: 20, lookback: 96 }, { input_size: 240, output_size: 20, context_window: 96 }],
    ['values that are no counts', { n_heads: '4', stride: 0, d_model: 1.5, e_layers: -1, d_ff: null }, {}],
    ['features that are a section', { model: { features: { periods: [1] }, input_size: 3 } }, { input_size: 3 }],
    ['no configuration', undefined, {}],
    ['a list', [1, 2], {}],
  ])('%s', (_name, config, expected) => {
    expect(readSettings(config)).toEqual(expected)
  })
})
