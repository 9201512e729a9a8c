import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { fieldFault } from './problems.ts'

function reader<T>(parse: (text: string) => T) {
  return (path: string, text: string): T => {
    try {
      return parse(text)
    } catch (error) {
      throw fieldFault(path, error instanceof RangeError ? error.message : 'not a decimal')
    }
  }
}

/** Decimal text of an input as an exact value; what is none is `INPUT_INVALID` at `path`. */
export const readQuantity = reader(Quantity.parse)
export const readPrice = reader(Price.parse)

export function readOptional<T>(read: (path: string, text: string) => T, path: string, text: string | undefined): T | undefined {
  return text === undefined ? undefined : read(path, text)
}
