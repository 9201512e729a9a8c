import { isUtf8 } from 'node:buffer'

/** How the bytes of a source become text. `decode` gives undefined for bytes the encoding does not have. */
export interface TextDecoding {
  /** The name Postgres has for it. */
  readonly name: string
  decode(bytes: Buffer): string | undefined
}

export const UTF8: TextDecoding = {
  name: 'UTF8',
  decode: (bytes) => (isUtf8(bytes) ? bytes.toString('utf8') : undefined),
}

/**
 * Encodings of one byte a character, of which ASCII is a part, so that a tab, a newline or a backslash is always itself.
 * By the WHATWG label of each; Postgres also checks for unassigned bytes, `fatal` does the same.
 */
const SINGLE_BYTE: Readonly<Record<string, string>> = {
  WIN866: 'ibm866',
  WIN874: 'windows-874',
  WIN1250: 'windows-1250',
  WIN1251: 'windows-1251',
  WIN1252: 'windows-1252',
  WIN1253: 'windows-1253',
  WIN1254: 'windows-1254',
  WIN1255: 'windows-1255',
  WIN1256: 'windows-1256',
  WIN1257: 'windows-1257',
  WIN1258: 'windows-1258',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  LATIN2: 'iso-8859-2',
  ISO_8859_5: 'iso-8859-5',
  LATIN9: 'iso-8859-15',
}

/** By the name in `client_encoding`; undefined for an encoding that is not read. SQL_ASCII says nothing, so it is held to UTF-8. */
export function textDecoding(name: string): TextDecoding | undefined {
  const upper = name.toUpperCase().replaceAll('-', '')
  if (upper === 'UTF8' || upper === 'UNICODE' || upper === 'SQL_ASCII') return UTF8
  if (upper === 'LATIN1') return { name: 'LATIN1', decode: (bytes) => bytes.toString('latin1') }
  const label = SINGLE_BYTE[upper]
  return label === undefined ? undefined : { name: upper, decode: fatalDecode(label) }
}

function fatalDecode(label: string): TextDecoding['decode'] {
  const decoder = new TextDecoder(label, { fatal: true })
  return (bytes) => {
    try {
      return decoder.decode(bytes)
    } catch {
      return undefined
    }
  }
}
