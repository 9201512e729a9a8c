import { createHash } from 'node:crypto'
import { readPickle } from './pickle/read-pickle.ts'
import type { EstimatorValue, PickleValue } from './pickle/values.ts'
import { kindOf } from './pickle/values.ts'
import { numbers } from './pickle/vocabularies/numpy.ts'
import { SCALER_VOCABULARY } from './pickle/vocabularies/scaler.ts'
import { readModelFile } from './read-model-file.ts'
import { damaged, unsupported } from './refusal.ts'

/** The real one takes 4,240 bytes for 240 features. */
export const MAX_SCALER_BYTES = 16 * 1024 * 1024
const MAX_FEATURES = 100_000

/** What a fitted scaler does: (value − center) ÷ scale, feature by feature. */
export interface Scaler {
  readonly kind: 'RobustScaler' | 'StandardScaler'
  readonly features: number
  readonly center: Float64Array
  readonly scale: Float64Array
  /** The scikit-learn that wrote it. */
  readonly version: string | undefined
  readonly sha256: string
}

/** Where each class keeps its numbers, and the switches that leave them out. */
const ATTRIBUTES = {
  RobustScaler: { center: 'center_', scale: 'scale_', withCenter: 'with_centering', withScale: 'with_scaling' },
  StandardScaler: { center: 'mean_', scale: 'scale_', withCenter: 'with_mean', withScale: 'with_std' },
} as const

/**
 * Reads a pickled scikit-learn scaler as numbers, without running anything of it.
 * @param source the file's path or its bytes
 * @throws AppError FILE_INVALID or REFUSED with the reason
 */
export async function readScaler(source: Uint8Array | string): Promise<Scaler> {
  const file = typeof source === 'string' ? await readModelFile(source, MAX_SCALER_BYTES) : source
  if (file.byteLength > MAX_SCALER_BYTES)
    throw unsupported(`the scaler file has ${file.byteLength} bytes; at most ${MAX_SCALER_BYTES} are read`)
  const value = readPickle(file, SCALER_VOCABULARY, 'the scaler')
  if (typeof value !== 'object' || value?.kind !== 'estimator') throw unsupported(`the scaler file holds a ${kindOf(value)}, not a scaler`)
  return { ...scalerOf(value), sha256: createHash('sha256').update(file).digest('hex') }
}

function scalerOf({ className, fields }: EstimatorValue): Omit<Scaler, 'sha256'> {
  if (className !== 'RobustScaler' && className !== 'StandardScaler') throw new Error(`the vocabulary let a ${className} through`)
  const names = ATTRIBUTES[className]
  const field = (name: string): PickleValue | undefined => fields?.entries.get(name)
  const features = field('n_features_in_')
  if (typeof features !== 'number' || !Number.isInteger(features) || features < 1)
    throw damaged('the scaler does not say how many features it was fitted on')
  if (features > MAX_FEATURES) throw unsupported(`the scaler claims ${features} features; at most ${MAX_FEATURES} are read`)
  const center = field(names.withCenter) === false ? new Float64Array(features) : vector(field(names.center), names.center, features)
  const scale = field(names.withScale) === false ? new Float64Array(features).fill(1) : vector(field(names.scale), names.scale, features)
  if (scale.some((value) => value <= 0)) throw damaged('the scaler would divide a feature by zero or less')
  const version = field('_sklearn_version')
  return { kind: className, features, center, scale, version: typeof version === 'string' ? version : undefined }
}

function vector(value: PickleValue | undefined, name: string, features: number): Float64Array {
  if (typeof value !== 'object' || value?.kind !== 'array' || value.content === undefined)
    throw damaged(`${name} of the scaler is a ${kindOf(value)}, not an array`)
  const { shape } = value.content
  if (shape.length !== 1 || shape[0] !== features)
    throw damaged(`${name} of the scaler has the shape [${shape.join(', ')}] for ${features} features`)
  const vector = Float64Array.from(numbers(value.content), Number)
  if (!vector.every(Number.isFinite)) throw damaged(`${name} of the scaler holds a number that is not finite`)
  return vector
}
