/** What a pickle may become here: data of these kinds and nothing else. Nothing in it can be called. */
export type PickleValue = PickleScalar | PickleBytes | PickleList | PickleTuple | PickleDict | PickleSymbol | PickleRecord

export type PickleScalar = null | boolean | number | bigint | string
/** Kinds that other modules make from an allowed name and its arguments. */
export type PickleRecord = StorageValue | TensorValue | ArrayTypeValue | ArrayValue | EstimatorValue

export interface PickleBytes {
  readonly kind: 'bytes'
  readonly bytes: Uint8Array
}

/** A Python list or set. */
export interface PickleList {
  readonly kind: 'list'
  readonly items: PickleValue[]
}

export interface PickleTuple {
  readonly kind: 'tuple'
  readonly items: readonly PickleValue[]
}

export interface PickleDict {
  readonly kind: 'dict'
  readonly entries: Map<PickleScalar, PickleValue>
}

/** A name of the allow-list, as a mere word. */
export interface PickleSymbol {
  readonly kind: 'symbol'
  readonly name: string
}

export type TensorType = 'float64' | 'float32' | 'float16' | 'bfloat16' | 'int64' | 'int32' | 'int16' | 'int8' | 'uint8' | 'bool'

/** A reference to raw numbers that lie elsewhere in the checkpoint. */
export interface StorageValue {
  readonly kind: 'storage'
  readonly key: string
  readonly type: TensorType
  readonly elements: number
}

/** A view of a storage; offset and strides count elements, as in PyTorch. */
export interface TensorValue {
  readonly kind: 'tensor'
  readonly storage: StorageValue
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** A NumPy dtype: `f8` and the like. */
export interface ArrayTypeValue {
  readonly kind: 'array-type'
  readonly code: string
  bigEndian: boolean | undefined
}

/** A NumPy array. `content` is absent until the pickle has filled it. */
export interface ArrayValue {
  readonly kind: 'array'
  content: { readonly type: ArrayTypeValue; readonly shape: readonly number[]; readonly bytes: Uint8Array } | undefined
}

/** A fitted scikit-learn object: its class name and its attributes. */
export interface EstimatorValue {
  readonly kind: 'estimator'
  readonly className: string
  fields: PickleDict | undefined
}

/** A word for the kind of a value, for refusals. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'None'
  return typeof value === 'object' ? value.kind : typeof value
}

export function isDict(value: PickleValue | undefined): value is PickleDict {
  return typeof value === 'object' && value !== null && value.kind === 'dict'
}

export function isTensor(value: PickleValue | undefined): value is TensorValue {
  return typeof value === 'object' && value !== null && value.kind === 'tensor'
}
