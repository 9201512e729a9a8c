/** What is known of a value of the Python source before anything runs. What is not known is not translated. */
export type Value =
  | { readonly kind: 'number' | 'boolean' | 'text' | 'none' | 'candles' | 'candle' | 'config' | 'symbol' | 'signal' }
  /** A column of numbers: as the indicators make it, or a plain list. */
  | { readonly kind: 'series'; readonly array: 'float64' | 'list' }
  /** A dict with known keys; `order` is the order of its values when Python unpacks it. */
  | {
      readonly kind: 'record'
      readonly fields: ReadonlyMap<string, Value>
      readonly order?: readonly string[]
      /** Other keys under which Python may read a field. */
      readonly spellings?: ReadonlyMap<string, string>
    }
  | { readonly kind: 'optional'; readonly of: Value }
  | { readonly kind: 'untranslated'; readonly reason: string }

export const NUMBER: Value = { kind: 'number' }
export const BOOLEAN: Value = { kind: 'boolean' }
export const TEXT: Value = { kind: 'text' }
export const NONE: Value = { kind: 'none' }
export const CANDLES: Value = { kind: 'candles' }
export const SYMBOL: Value = { kind: 'symbol' }
export const SIGNAL: Value = { kind: 'signal' }
export const COLUMN: Value = { kind: 'series', array: 'float64' }
export const LIST: Value = { kind: 'series', array: 'list' }

export function isSame(a: Value, b: Value): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b))
}

function plain(value: Value): unknown {
  if (value.kind === 'record') return [...value.fields].map(([key, field]) => [key, plain(field)])
  if (value.kind === 'optional') return ['optional', plain(value.of)]
  return value.kind === 'series' ? ['series', value.array] : value.kind
}

/** What holds of both; nothing when they have no common shape. */
export function join(a: Value, b: Value): Value | undefined {
  if (a.kind === 'untranslated') return a
  if (b.kind === 'untranslated') return b
  if (isSame(a, b)) return a
  if (a.kind === 'none') return b.kind === 'optional' || b.kind === 'signal' ? b : { kind: 'optional', of: b }
  if (b.kind === 'none') return join(b, a)
  if (a.kind === 'optional' && isSame(a.of, b)) return a
  if (b.kind === 'optional' && isSame(b.of, a)) return b
  return undefined
}

/** The TypeScript type; nothing for what no variable may hold. */
export function typeOf(value: Value): string | undefined {
  switch (value.kind) {
    case 'number':
    case 'boolean':
      return value.kind
    case 'text':
    case 'symbol':
      return 'string'
    case 'none':
      return 'undefined'
    case 'candles':
      return 'readonly Candle[]'
    case 'candle':
      return 'Candle'
    case 'series':
      return value.array === 'float64' ? 'Float64Array' : 'readonly number[]'
    case 'optional': {
      const inner = typeOf(value.of)
      return inner === undefined ? undefined : `${inner} | undefined`
    }
    case 'record': {
      const fields = [...value.fields].map(([key, field]) => [key, typeOf(field)] as const)
      if (fields.some(([, type]) => type === undefined)) return undefined
      return `{ ${fields.map(([key, type]) => `readonly ${propertyName(key)}: ${type}`).join('; ')} }`
    }
    default:
      return undefined
  }
}

/** A key as it stands in an object literal or type. */
export function propertyName(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key)
}

/** Text as a TypeScript literal: whatever it holds, it stays text. */
export function quote(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `'${escaped}'`
}
