import { damaged } from '../../refusal.ts'
import type { Vocabulary } from '../vocabulary.ts'
import { CONTAINER_SYMBOLS } from './containers.ts'
import { NUMPY_SYMBOLS, fillNumpy } from './numpy.ts'

/** The names of a pickled configuration: containers and numbers. */
export const PLAIN_VOCABULARY: Vocabulary = {
  symbols: new Map([...CONTAINER_SYMBOLS, ...NUMPY_SYMBOLS]),
  fill(record, state, at): void {
    if (record.kind === 'estimator') throw damaged(`a state is set at byte ${at} where none belongs`)
    fillNumpy(record, state, at)
  },
}
