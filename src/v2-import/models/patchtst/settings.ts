/** Settings of a UnifiedPatchTST by the names its own configuration uses. */
export interface PatchTstSettings {
  readonly input_size?: number
  readonly output_size?: number
  readonly context_window?: number
  readonly patch_len?: number
  readonly stride?: number
  readonly d_model?: number
  readonly n_heads?: number
  readonly e_layers?: number
  readonly d_ff?: number
  readonly activation?: string
  readonly temperature_scaling?: boolean
}

export type SettingName = keyof PatchTstSettings

/** Names in the checkpoint's own configuration, in v2's `ml_config.json`, and in the `ml_config.yaml` of the migration plan. */
const NUMBER_NAMES = {
  input_size: ['input_size', 'input_features', 'features'],
  output_size: ['output_size', 'output_dim', 'predictions'],
  context_window: ['context_window', 'context_length', 'lookback', 'seq_len'],
  patch_len: ['patch_len', 'patch_length'],
  stride: ['stride'],
  d_model: ['d_model', 'hidden_dim'],
  n_heads: ['n_heads'],
  e_layers: ['e_layers', 'n_layers'],
  d_ff: ['d_ff'],
} as const satisfies Partial<Record<SettingName, readonly string[]>>

const MAX_SETTING = 1_000_000

/** Picks the settings out of a configuration: its `model` section, that of its `ml` section, or its top level. Anything else is passed over. */
export function readSettings(config: unknown): PatchTstSettings {
  const section = record(record(config)?.['model']) ?? record(record(record(config)?.['ml'])?.['model']) ?? record(config) ?? {}
  const numbers = Object.entries(NUMBER_NAMES).flatMap(([setting, names]) => {
    const value = names.map((name) => section[name]).find((candidate) => isCount(candidate))
    return value === undefined ? [] : [[setting, value]]
  })
  const { activation, temperature_scaling } = section
  return {
    ...(Object.fromEntries(numbers) as PatchTstSettings),
    ...(typeof activation === 'string' ? { activation } : {}),
    ...(typeof temperature_scaling === 'boolean' ? { temperature_scaling } : {}),
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_SETTING
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}
