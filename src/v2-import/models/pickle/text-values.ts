import { damaged, unsupported } from '../refusal.ts'
import type { PickleBytes, PickleValue } from './values.ts'

const MAX_INTEGER_DIGITS = 400
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', "'": "'", '"': '"', n: '\n', r: '\r', t: '\t' }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw damaged(`${where} is not UTF-8 text${error instanceof Error ? '' : ' (unreadable)'}`)
  }
}

/** Text whose every character is one byte (Latin-1). */
export function decodeLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** A Python 2 string: text where it is ASCII, raw bytes otherwise. */
export function python2String(bytes: Uint8Array): string | PickleBytes {
  return bytes.every((byte) => byte < 0x80) ? decodeLatin1(bytes) : { kind: 'bytes', bytes }
}

/** `'text'` of the STRING opcode, with the escapes Python's repr writes. */
export function unquote(line: string, where: string): string {
  const quote = line[0]
  if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote) throw damaged(`${where} is a string without its quotes`)
  return line.slice(1, -1).replaceAll(/\\(?:x([0-9a-fA-F]{2})|(.)|$)/gs, (escape: string, hex?: string, simple?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    const plain = simple === undefined ? undefined : SIMPLE_ESCAPES[simple]
    if (plain === undefined) throw damaged(`${where} has the escape ${escape}, which Python does not write`)
    return plain
  })
}

/** Text of the UNICODE opcode: Latin-1 with `\uXXXX` and `\UXXXXXXXX`. */
export function rawUnicodeEscape(line: string, where: string): string {
  return line.replaceAll(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_escape: string, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long ?? '', 16)
    if (code > 0x10ffff) throw damaged(`${where} has a character beyond Unicode`)
    return String.fromCodePoint(code)
  })
}

/** `12`, `-3`; a number when it is exact as one, else a bigint. */
export function decimalInteger(text: string, where: string): number | bigint {
  if (!/^[+-]?\d+$/.test(text)) throw damaged(`${where} is not a whole number`)
  if (text.length > MAX_INTEGER_DIGITS) throw unsupported(`${where} has ${text.length} digits`)
  return exactInteger(BigInt(text))
}

export function exactInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** The argument of INT, where 00 and 01 are how protocol 0 writes False and True. */
export function integerOrBoolean(text: string, where: string): PickleValue {
  if (text === '00') return false
  if (text === '01') return true
  return decimalInteger(text, where)
}

export function decimalFloat(text: string, where: string): number {
  if (/^[+-]?(?:inf|nan)$/.test(text)) return text.endsWith('nan') ? Number.NaN : text.startsWith('-') ? -Infinity : Infinity
  if (text.length > MAX_INTEGER_DIGITS || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text))
    throw damaged(`${where} is not a number`)
  return Number(text)
}

/** A two's-complement little-endian integer of any length. */
export function longInteger(bytes: Uint8Array): number | bigint {
  if (bytes.byteLength === 0) return 0
  let value = 0n
  for (let index = bytes.byteLength - 1; index >= 0; index -= 1) value = (value << 8n) | BigInt(bytes[index] ?? 0)
  return exactInteger(BigInt.asIntN(bytes.byteLength * 8, value))
}
