import { describe, expect, it } from 'vitest'
import { makeFolder, readAll } from '#test/support/v2-import/read-all.ts'

const SIZE = 2_000_000
/** Generous, for a machine with other work: what is not linear takes minutes. */
const CPU_MAX_MS = 8_000
const repeated = (text: string): string => text.repeat(Math.ceil(SIZE / text.length))
const copy = (row: string): string => `COPY t (a, b) FROM stdin;\n1\t2\n${row}\n3\t4\n\\.\n`
const insert = (value: string): string => `INSERT INTO t VALUES (1, 2), (${value}), (3, 4);`

/** Whatever a row is made of, its reading must be linear in time and need memory of its own size. */
const CASES: readonly (readonly [name: string, file: string, content: () => string])[] = [
  ['tabs', 'x.sql', () => copy(repeated('\t'))],
  ['escaped tabs', 'x.sql', () => copy(repeated('\\\t'))],
  ['escaped line ends', 'x.sql', () => copy(repeated('\\\n'))],
  ['octal escapes', 'x.sql', () => copy(repeated('\\101'))],
  ['backslashes', 'x.sql', () => copy(repeated('\\\\'))],
  ['cells of bytes', 'x.sql', () => copy(repeated('\\1\t'))],
  ['doubled quotes', 'x.sql', () => insert(`E'${repeated("''")}', 2`)],
  ['backslashes in a string', 'x.sql', () => insert(`E'${repeated('\\\\')}', 2`)],
  ['hexadecimal escapes', 'x.sql', () => insert(`E'${repeated('\\x41')}', 2`)],
  ['values', 'x.sql', () => insert(repeated('1,'))],
  ['brackets', 'x.sql', () => insert(repeated('('))],
  ['comments', 'x.sql', () => insert(`${repeated('/**/')}1, 2`)],
  ['open comments', 'x.sql', () => `${insert('5, 6')}${repeated('/*')}`],
  ['dollar quotes', 'x.sql', () => `${insert('5, 6')}SELECT ${repeated('$a$b')}`],
  ['statements', 'x.sql', () => `${insert('5, 6')}${repeated('BEGIN;')}`],
  ['a body', 'x.sql', () => `${insert('5, 6')}CREATE FUNCTION f() BEGIN ATOMIC ${repeated('CASE;')}`],
  ['columns', 'x.sql', () => `${insert('5, 6')}CREATE TABLE u (${repeated('a int,')});`],
  ['line ends in quotes', 'v2_t.csv', () => `a,b\n1,2\n3,"${repeated('\n')}"\n5,6\n`],
  ['quotes', 'v2_t.csv', () => `a,b\n1,2\n3,"${repeated('""')}"\n5,6\n`],
  ['delimiters', 'v2_t.csv', () => `a,b\n1,2\n${repeated(',')}\n5,6\n`],
  ['empty quotes', 'v2_t.csv', () => `a,b\n1,2\n${repeated('"",')}\n5,6\n`],
  ['empty lines', 'v2_t.csv', () => `a,b\n1,2\n${repeated('\n')}\n5,6\n`],
]

describe('a file with millions of', () => {
  it.each(CASES)('%s', { timeout: 60_000 }, async (_, file, content) => {
    await using folder = await makeFolder()
    const path = await folder.write(file, content())
    const before = process.cpuUsage()
    const table = (await readAll(path)).get('t')
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1_000).toBeLessThan(CPU_MAX_MS)
    expect(table?.cells[0]).toEqual(['1', '2'])
  })
})
