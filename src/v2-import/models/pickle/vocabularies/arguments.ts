import { damaged } from '../../refusal.ts'
import type { PickleValue } from '../values.ts'
import { kindOf } from '../values.ts'

/** Constructor arguments with a name for refusals: each getter checks the kind it hands out. */
export class Arguments {
  readonly #values: readonly PickleValue[]
  readonly #where: string

  constructor(values: readonly PickleValue[], where: string) {
    this.#values = values
    this.#where = where
  }

  get count(): number {
    return this.#values.length
  }

  value(position: number): PickleValue {
    const value = this.#values[position]
    if (value === undefined) throw damaged(`${this.#where}: argument ${position + 1} is missing`)
    return value
  }

  text(position: number): string {
    const value = this.value(position)
    if (typeof value !== 'string') throw this.#wrong(position, 'text')
    return value
  }

  /** A count, a size or an offset: whole and not negative. */
  natural(position: number): number {
    return this.#natural(this.value(position), position)
  }

  naturals(position: number): number[] {
    const value = this.value(position)
    if (typeof value !== 'object' || value === null || (value.kind !== 'tuple' && value.kind !== 'list'))
      throw this.#wrong(position, 'a tuple')
    return value.items.map((item) => this.#natural(item, position))
  }

  /** Bytes, or a Python 2 string that holds bytes. */
  bytes(position: number): Uint8Array {
    const value = this.value(position)
    if (typeof value === 'string') return Buffer.from(value, 'latin1')
    if (typeof value !== 'object' || value?.kind !== 'bytes') throw this.#wrong(position, 'bytes')
    return value.bytes
  }

  #natural(value: PickleValue, position: number): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw this.#wrong(position, 'a whole number from 0')
    return value
  }

  #wrong(position: number, wanted: string): Error {
    return damaged(`${this.#where}: argument ${position + 1} is a ${kindOf(this.#values[position])}, not ${wanted}`)
  }
}
