import { damaged, forbidden } from '../../refusal.ts'
import type { EstimatorValue, PickleRecord, PickleValue } from '../values.ts'
import { isDict, kindOf } from '../values.ts'
import type { SymbolRule, Vocabulary } from '../vocabulary.ts'
import { CONTAINER_SYMBOLS } from './containers.ts'
import { NUMPY_SYMBOLS, fillNumpy } from './numpy.ts'

/** Where scikit-learn keeps its scalers: since 0.22, and before. */
const MODULES = ['sklearn.preprocessing._data', 'sklearn.preprocessing.data']
const CLASSES = ['RobustScaler', 'StandardScaler']

const ESTIMATORS = MODULES.flatMap((module) => CLASSES.map((name) => [`${module}.${name}`, name] as const))
const CLASS_NAMES: ReadonlyMap<string, string> = new Map(ESTIMATORS)

const SCALER_SYMBOLS: readonly (readonly [string, SymbolRule])[] = [
  ...ESTIMATORS.map(
    ([full, name]) => [full, { construct: (args: readonly PickleValue[], at: number) => estimator(name, args, at) }] as const,
  ),
  ...['copyreg', 'copy_reg'].map((module) => [`${module}._reconstructor`, { construct: reconstruct }] as const),
  ...['builtins', '__builtin__'].map((module) => [`${module}.object`, {}] as const),
]

/** The names in a pickled scikit-learn scaler. */
export const SCALER_VOCABULARY: Vocabulary = {
  symbols: new Map([...CONTAINER_SYMBOLS, ...NUMPY_SYMBOLS, ...SCALER_SYMBOLS]),
  fill(record: PickleRecord, state: PickleValue, at: number): void {
    if (record.kind !== 'estimator') {
      fillNumpy(record, state, at)
      return
    }
    if (!isDict(state) || record.fields !== undefined) throw damaged(`a scaler gets a ${kindOf(state)} as its state at byte ${at}`)
    record.fields = state
  },
}

function estimator(className: string, args: readonly PickleValue[], at: number): EstimatorValue {
  if (args.length > 0) throw damaged(`a scaler at byte ${at} is made with arguments`)
  return { kind: 'estimator', className, fields: undefined }
}

/** `copyreg._reconstructor(class, object, None)`: how protocols 0 and 1 make an object. */
function reconstruct(args: readonly PickleValue[], at: number): EstimatorValue {
  const [type, base, state] = args
  const className = typeof type === 'object' && type?.kind === 'symbol' ? CLASS_NAMES.get(type.name) : undefined
  const plain = typeof base === 'object' && base?.kind === 'symbol' && base.name.endsWith('.object')
  if (className === undefined || !plain || state !== null)
    throw forbidden(`an object at byte ${at} is not one of the scalers ${CLASSES.join(', ')}`)
  return { kind: 'estimator', className, fields: undefined }
}
