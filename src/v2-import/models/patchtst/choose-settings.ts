import { unsupported } from '../refusal.ts'
import type { PatchTstLayout } from './layout.ts'
import type { PatchTstSettings, SettingName } from './settings.ts'

/** Values of v2's model (its `models/saved/config.yaml`), for what no tensor shows and no configuration says. */
export const DEFAULTS = { context_window: 96, stride: 8, n_heads: 4, activation: 'gelu' } as const

export type SettingSource = 'tensors' | 'checkpoint' | 'given' | 'default'

export interface Choice {
  readonly setting: SettingName
  readonly value: number | string | boolean
  readonly source: SettingSource
}

/** A configuration said something that was not used. */
export interface Mismatch {
  readonly setting: SettingName
  readonly said: number | string | boolean
  readonly by: 'checkpoint' | 'given'
  readonly used: number | string | boolean
}

/** What shapes cannot show, settled. */
export interface PatchTstModel {
  readonly layout: PatchTstLayout
  readonly context: number
  readonly stride: number
  readonly attentionHeads: number
  readonly activation: 'gelu' | 'relu'
}

export interface ChosenSettings {
  readonly model: PatchTstModel
  readonly choices: readonly Choice[]
  readonly mismatches: readonly Mismatch[]
  readonly warnings: readonly string[]
}

interface Configuration {
  readonly by: 'checkpoint' | 'given'
  readonly settings: PatchTstSettings
}

interface Candidate<T> {
  readonly value: T
  readonly source: SettingSource
}

/**
 * What the tensors decide, they decide. For the rest the checkpoint's own configuration comes first, then the one given, then the defaults.
 * A configuration that contradicts the tensors describes another model, so nothing of it is believed:
 * a wrong number of attention heads would give wrong predictions that look right.
 */
export function chooseSettings(layout: PatchTstLayout, own: PatchTstSettings, given: PatchTstSettings): ChosenSettings {
  const decided = decidedByTensors(layout)
  const configurations: readonly Configuration[] = [
    { by: 'checkpoint', settings: own },
    { by: 'given', settings: given },
  ]
  const contradictions = configurations.flatMap((configuration) => contradictionsOf(configuration, decided))
  const believed = configurations.filter(({ by }) => !contradictions.some((found) => found.by === by && found.setting !== 'output_size'))
  const candidates = <T>(pick: (settings: PatchTstSettings) => T | undefined, fallback: T): Candidate<T>[] => [
    ...believed.flatMap(({ by, settings }) => {
      const value = pick(settings)
      return value === undefined ? [] : [{ value, source: by }]
    }),
    { value: fallback, source: 'default' },
  ]

  const heads = chooseHeads(
    layout,
    candidates((settings) => settings.n_heads, DEFAULTS.n_heads),
  )
  const [activation] = candidates<string>((settings) => settings.activation, DEFAULTS.activation)
  const [context, stride] = choosePatching(
    layout,
    candidates((settings) => settings.context_window, DEFAULTS.context_window),
    candidates((settings) => settings.stride, DEFAULTS.stride),
  )
  const chosen: Choice[] = [
    { setting: 'context_window', ...context },
    { setting: 'stride', ...stride },
    { setting: 'n_heads', ...heads },
    { setting: 'activation', value: readActivation(activation?.value), source: activation?.source ?? 'default' },
  ]
  return {
    model: {
      layout,
      context: context.value,
      stride: stride.value,
      attentionHeads: heads.value,
      activation: readActivation(activation?.value),
    },
    choices: [
      ...Object.entries(decided).map(([setting, value]) => ({ setting: setting as SettingName, value, source: 'tensors' as const })),
      ...chosen,
    ],
    mismatches: [...contradictions, ...configurations.flatMap((configuration) => unused(configuration, chosen))],
    warnings: warningsOf(chosen, configurations, believed),
  }
}

function decidedByTensors(layout: PatchTstLayout): Partial<Record<SettingName, number | boolean>> {
  const outputsOf = (head: 'future_returns' | 'direction' | 'risk_metrics'): number => layout.heads.get(head)?.outputs ?? 0
  return {
    input_size: layout.features,
    output_size: outputsOf('future_returns') + outputsOf('direction') + outputsOf('risk_metrics'),
    patch_len: layout.patchLength,
    d_model: layout.width,
    e_layers: layout.layers,
    d_ff: layout.feedForwardWidth,
    temperature_scaling: layout.temperature,
  }
}

function contradictionsOf({ by, settings }: Configuration, decided: Partial<Record<SettingName, number | boolean>>): Mismatch[] {
  return Object.entries(decided).flatMap(([name, used]) => {
    const setting = name as SettingName
    const said = settings[setting]
    return said === undefined || said === used ? [] : [{ setting, said, by, used }]
  })
}

function unused({ by, settings }: Configuration, chosen: readonly Choice[]): Mismatch[] {
  return chosen.flatMap(({ setting, value }) => {
    const said = settings[setting]
    return said === undefined || said === value ? [] : [{ setting, said, by, used: value }]
  })
}

function chooseHeads(layout: PatchTstLayout, candidates: readonly Candidate<number>[]): Candidate<number> {
  const fitting = candidates.find(({ value }) => layout.width % value === 0)
  if (fitting !== undefined) return fitting
  throw unsupported(`no number of attention heads divides the width ${layout.width}; give a configuration with n_heads`)
}

/** The first pair of context and stride that gives as many patches as the checkpoint has positions. */
function choosePatching(
  { patchLength, patches }: PatchTstLayout,
  contexts: readonly Candidate<number>[],
  strides: readonly Candidate<number>[],
): readonly [Candidate<number>, Candidate<number>] {
  for (const context of contexts) {
    for (const stride of strides) {
      const fits = Math.floor((context.value - patchLength) / stride.value) + 1 === patches
      // RevIN divides by one candle less than the context has.
      if (fits && context.value > 1) return [context, stride]
    }
  }
  const tried = contexts.flatMap((context) => strides.map((stride) => `${context.value}/${stride.value}`))
  throw unsupported(
    `the checkpoint has ${patches} patches of ${patchLength} candles, which no known context and stride (${tried.join(', ')}) give; ` +
      'give a configuration with context_window and stride',
  )
}

function readActivation(activation: string | undefined): 'gelu' | 'relu' {
  if (activation === 'gelu' || activation === 'relu') return activation
  throw unsupported(`the activation ${JSON.stringify(String(activation).slice(0, 32))} is not known; gelu and relu are`)
}

function warningsOf(chosen: readonly Choice[], configurations: readonly Configuration[], believed: readonly Configuration[]): string[] {
  const distrusted = configurations.filter((configuration) => !believed.includes(configuration))
  const assumed = chosen.filter(({ source }) => source === 'default')
  return [
    ...distrusted.map(({ by }) =>
      by === 'given'
        ? 'The given configuration contradicts the tensors, so nothing of it was used.'
        : "The checkpoint's own configuration contradicts its tensors, so nothing of it was used.",
    ),
    ...assumed.map(
      ({ setting, value }) => `${setting} cannot be seen from the tensors and is in no believed configuration; ${value} was assumed.`,
    ),
  ]
}
