/** Functions a generated strategy carries with it, each only where it is used. Python's meaning of an operation that JavaScript has otherwise. */
export const RUNTIME: Readonly<Record<string, string>> = {
  item: `/** Python's indexing: from the end when negative. Throws outside the list, and where an indicator has no value yet. */
function item(values: ArrayLike<number>, index: number): number {
  const value = values[index < 0 ? values.length + index : index]
  if (value === undefined || Number.isNaN(value)) throw new RangeError(\`there is no value at \${index} of \${values.length}\`)
  return value
}`,
  candleAt: `function candleAt(candles: readonly Candle[], index: number): Candle {
  const candle = candles.at(index)
  if (candle === undefined || !Number.isInteger(index)) throw new RangeError(\`there is no candle at \${index} of \${candles.length}\`)
  return candle
}`,
  divide: `/** Python's division: by zero it is an error, which costs the signals of that candle. */
function divide(a: number, b: number): number {
  if (b === 0) throw new RangeError('division by zero')
  return a / b
}`,
  modulo: `/** Python's remainder: it has the sign of the divisor. */
function modulo(a: number, b: number): number {
  if (b === 0) throw new RangeError('modulo by zero')
  const rest = a % b
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
}`,
  floorDivide: `/** Python's whole division: down, and exact where the quotient is rounded. */
function floorDivide(a: number, b: number): number {
  const quotient = (a - modulo(a, b)) / b
  const whole = Math.floor(quotient)
  return quotient - whole > 0.5 ? whole + 1 : whole
}`,
  lowestOf: `function lowestOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((least, value) => (value < least ? value : least))
}`,
  highestOf: `function highestOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((greatest, value) => (value > greatest ? value : greatest))
}`,
  total: `function total(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0)
}`,
  roundEven: `/** Python's rounding: a half goes to the even neighbour. */
function roundEven(value: number): number {
  const down = Math.floor(value)
  const rest = value - down
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down
}`,
  priceDecimals: `/** Digits after the point that the latest prices use: a stop rounded to them lies on the tick in most markets. */
function priceDecimals(candles: readonly Candle[]): number {
  const digits = candles.slice(-50).map(({ close }) => String(close).split('.')[1]?.length ?? 0)
  return Math.min(12, Math.max(0, ...digits))
}`,
  signalsFor: `/**
 * What v2 ordered, as signals. Against an opposite position it closes that; v3 enters only when nothing opposite is open.
 * How much is the trader's orderNotional. An entry carries a stop when stopLossFraction is above 0.
 */
function signalsFor(side: string | undefined, { candles, params, position }: Context, line: number): Signal[] {
  const word = (side ?? '').toLowerCase()
  const note = \`\${source}:\${line}\`
  const isLong = word === 'buy' || word === 'long'
  const isShort = word === 'sell' || word === 'short'
  const isClose = word === 'close' || word === 'exit'
  if (['', 'hold', 'none', 'wait', 'neutral'].includes(word)) return []
  if (!isLong && !isShort && !isClose) throw new Error(\`\${note} decided '\${word}', which is no known action\`)
  if (position.quantity > 0 && !isLong) return [{ action: 'CLOSE_LONG', note }]
  if (position.quantity < 0 && !isShort) return [{ action: 'CLOSE_SHORT', note }]
  if (isClose) return []
  const action = isLong ? 'BUY' : 'SELL'
  const close = candles.at(-1)?.close
  if (params.stopLossFraction === 0 || close === undefined) return [{ action, note }]
  const stop = close * (isLong ? 1 - params.stopLossFraction : 1 + params.stopLossFraction)
  return [{ action, stopLoss: stop.toFixed(priceDecimals(candles)), note }]
}`,
  refuse: `/** Ends the decision: the v2 lines above are not translated. Replace the call by what they did, then take it out of \`unfinished\`. */
const refuse = (line: number, why: string, atHand: object = {}): never => {
  throw new Error(\`\${source}:\${line} is not translated: \${why} (at hand: \${Object.keys(atHand).join(', ')})\`)
}`,
}

export const TYPES: Readonly<Record<string, string>> = {
  Candle: `interface Candle {
  readonly openTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}`,
  Context: `interface Context {
  readonly candles: readonly Candle[]
  readonly params: Readonly<typeof params>
  readonly position: { readonly quantity: number }
  readonly symbol: string
}`,
  Signal: `interface Signal {
  readonly action: 'BUY' | 'SELL' | 'CLOSE_LONG' | 'CLOSE_SHORT'
  readonly stopLoss?: string
  readonly note: string
}`,
}
