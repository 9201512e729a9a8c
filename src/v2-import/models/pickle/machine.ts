import type { ByteCursor } from '../byte-cursor.ts'
import { damaged, forbidden, unsupported } from '../refusal.ts'
import type { PickleScalar, PickleTuple, PickleValue } from './values.ts'
import { kindOf } from './values.ts'
import type { Vocabulary } from './vocabulary.ts'

export const MAX_MEMO_ENTRIES = 250_000

/**
 * A pickle is a program for a small stack machine. This one has a closed set of opcodes and cannot call anything:
 * an allowed name with arguments becomes data by a constructor of ours, and each other name is refused.
 */
export class PickleMachine {
  readonly cursor: ByteCursor
  readonly vocabulary: Vocabulary
  readonly what: string
  /** Where the opcode at work begins. */
  at = 0
  readonly #start: number
  readonly #stack: PickleValue[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, PickleValue>()

  constructor(cursor: ByteCursor, vocabulary: Vocabulary, what: string) {
    this.cursor = cursor
    this.vocabulary = vocabulary
    this.what = what
    this.#start = cursor.offset
  }

  get isFirst(): boolean {
    return this.at === this.#start
  }

  push(value: PickleValue): void {
    this.#stack.push(value)
  }

  pop(): PickleValue {
    const value = this.#stack.length > this.#floor ? this.#stack.pop() : undefined
    if (value === undefined) throw damaged(`${this.what}: an opcode at byte ${this.at} takes a value where none is`)
    return value
  }

  top(): PickleValue {
    const value = this.#stack.length > this.#floor ? this.#stack.at(-1) : undefined
    if (value === undefined) throw damaged(`${this.what}: an opcode at byte ${this.at} looks for a value where none is`)
    return value
  }

  popTuple(): PickleTuple {
    const value = this.pop()
    if (typeof value === 'object' && value?.kind === 'tuple') return value
    throw damaged(`${this.what}: arguments at byte ${this.at} are a ${kindOf(value)}, not a tuple`)
  }

  scalarKey(value: PickleValue): PickleScalar {
    if (value !== null && typeof value === 'object') {
      throw unsupported(`${this.what}: a ${kindOf(value)} is a dictionary key at byte ${this.at}`)
    }
    return value
  }

  mark(): void {
    this.#marks.push(this.#stack.length)
  }

  popToMark(): PickleValue[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw damaged(`${this.what}: an opcode at byte ${this.at} has no mark before it`)
    return this.#stack.splice(mark)
  }

  remember(index: number): void {
    if (index >= MAX_MEMO_ENTRIES) throw unsupported(`${this.what}: memo entry ${index} at byte ${this.at} is beyond ${MAX_MEMO_ENTRIES}`)
    this.#memo.set(index, this.top())
  }

  rememberNext(): void {
    this.remember(this.#memo.size)
  }

  recall(index: number): PickleValue {
    const value = this.#memo.get(index)
    if (value === undefined) throw damaged(`${this.what}: memo entry ${index} is used at byte ${this.at} before it is set`)
    return value
  }

  /** Pushes the word for an allowed name; refuses each other. */
  pushSymbol(module: string, name: string): void {
    const full = `${module}.${name}`
    if (!this.vocabulary.symbols.has(full))
      throw forbidden(`${this.what} names ${shown(full)} at byte ${this.at}, which is not on the list of allowed names`)
    this.push({ kind: 'symbol', name: full })
  }

  get #floor(): number {
    return this.#marks.at(-1) ?? 0
  }

  /** The one value left when the pickle says it is done. */
  result(): PickleValue {
    const value = this.pop()
    if (this.#stack.length > 0 || this.#marks.length > 0) {
      throw damaged(`${this.what} stops at byte ${this.at} with ${this.#stack.length} values left over`)
    }
    return value
  }
}

/** A name from an untrusted file, short and printable. */
export function shown(text: string): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return printable.length > 120 ? `${printable.slice(0, 120)}...` : printable
}
