import type { PickleRecord, PickleValue } from './values.ts'

/** Makes data of the arguments a pickle gives to an allowed name; `at` is the byte of the opcode, for refusals. */
export type Construct = (args: readonly PickleValue[], at: number) => PickleValue

export interface SymbolRule {
  /** Absent: the name may be mentioned (a dtype, a class handed to another constructor) but never be given arguments. */
  readonly construct?: Construct
}

/** The names one kind of file may use. Whatever is not listed is refused. */
export interface Vocabulary {
  readonly symbols: ReadonlyMap<string, SymbolRule>
  /** Fills a record from the state a BUILD opcode brings. */
  readonly fill: (record: PickleRecord, state: PickleValue, at: number) => void
  /** What a persistent id stands for; absent where such ids have no meaning. */
  readonly persistent?: (id: PickleValue, at: number) => PickleValue
}
