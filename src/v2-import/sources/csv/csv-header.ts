import { COLUMNS_MAX, NAME_BYTES_MAX } from '../limits.ts'
import type { Refuse } from '../source-failure.ts'
import type { TextDecoding } from '../text-decoding.ts'
import { decodeCsvRecord } from './csv-record.ts'
import type { CsvRecord } from './csv-records.ts'

export const DELIMITERS = [',', ';', '\t', '|'] as const
export type Delimiter = (typeof DELIMITERS)[number]

/** The delimiter that stands most often outside of quotes in the header; a comma where there is none. */
export function detectDelimiter(header: string): Delimiter {
  const plain = header.replaceAll(/"[^"]*"/g, '')
  let [best, most]: [Delimiter, number] = [',', 0]
  for (const delimiter of DELIMITERS) {
    const count = plain.split(delimiter).length - 1
    if (count > most) [best, most] = [delimiter, count]
  }
  return best
}

/** The column names of a header record. Throws if it cannot be one. */
export function csvColumns(header: CsvRecord, delimiter: Delimiter, decoding: TextDecoding, refuse: Refuse): readonly string[] {
  const names = decodeCsvRecord(header.bytes, delimiter, decoding)
  if ('rule' in names) throw refuse(`its header cannot be read: ${names.message}`, header.offset)
  if (names.length > COLUMNS_MAX) throw refuse(`its header names ${names.length} columns, ${COLUMNS_MAX} are allowed`, header.offset)
  const columns = names.map((name, index) => {
    if (name === null || name.trim() === '' || Buffer.byteLength(name) > NAME_BYTES_MAX)
      throw refuse(`its header has no usable name for column ${index + 1}`, header.offset)
    return name
  })
  const twice = columns.find((name, index) => columns.indexOf(name) !== index)
  if (twice !== undefined) throw refuse(`its header names column ${JSON.stringify(twice)} twice`, header.offset)
  return columns
}
