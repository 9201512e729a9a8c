import { literal } from './source-words.ts'

/** So many differences are named; what else there is is counted. */
export const DIFFERENCES_MAX = 1_000

export interface RunKey {
  readonly runId: string
  readonly system: string
}

export function ofRun({ runId }: RunKey, tableKey: string): string {
  return `run_id = ${literal(runId)} AND table_key = ${literal(tableKey)}`
}

/** The hash of what a row says: expressions of its key and of its cells as an array. */
export function cellsHash(key: string, cells: string): string {
  return `hash_record_extended(ROW(${key}, ${cells}), 0)`
}

/** The hash of a row as it stands in its table, from that of what it says. */
export function rowHash(number: string, cells: string, damage: string): string {
  return `hash_record_extended(ROW(${number}, ${cells}, ${damage}), 0)`
}

/** The same of its number and key alone, and of its bytes if it is damaged. The number is the seed. */
export function keyHash(number: string, key: string, damage: string): string {
  return `hashtextextended(${key}, ${number}) # coalesce(hashbyteaextended(${damage}, ${number}), 0)`
}

/**
 * The sum of the hashes of rows, 0 without rows. The hash of a record is linear in those of its fields, so that swapped values would
 * leave the sum as it is: it is hashed once more.
 */
export function sumOf(hash: string): string {
  return `coalesce(sum(hashint8extended(${hash}, 0)), 0)`
}
