/** What a column is for, told by its name alone: used where the source declares no types, and for tables nobody knows. */

const TIME_NAME = /(?:_at|_time|_ts|_date|^time|^timestamp|^date|^datetime|_timestamp)$/i
const AMOUNT_NAME = /(?:^|_)(?:price|qty|quantity|size|amount|leverage|free|locked|total|volume|ratio)(?:_usd)?$/i
const SYMBOL_NAME = /^(?:symbol|pair|market|instrument)$/i
const SCALE_NAME = /(?:^|_)(?:confidence|probability|strength)$/i

export const isTimeName = (name: string): boolean => TIME_NAME.test(name)
/** Of something that cannot be below zero. */
export const isAmountName = (name: string): boolean => AMOUNT_NAME.test(name)
export const isSymbolName = (name: string): boolean => SYMBOL_NAME.test(name)
/** Of a share, 0 to 1 or per cent. */
export const isScaleName = (name: string): boolean => SCALE_NAME.test(name)
