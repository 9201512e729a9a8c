import { literal } from './source-words.ts'

/** Characters that may take the place of escapes while a line is split: few lines hold one of them. */
const [SLASH_MARK, TAB_MARK, NULL_MARK] = [String.raw`E'\x01'`, String.raw`E'\x02'`, String.raw`E'\x03'`]

/** The cells of a row that stands as a line of COPY, told by the server's own means. `line` is an expression. */
export function cellsOfLine(line: string, columns: number): string {
  const empty = columns === 0 ? `'{}'::text[]` : `ARRAY['']`
  const nothing = literal('\\N')
  // What follows a backslash is looked at closely unless it is the mark of NULL, alone in its cell or not.
  const isPlain = `${line} !~ ${literal('\\\\[^N]')}`
  const isUnmarked = [SLASH_MARK, TAB_MARK, NULL_MARK].map((mark) => `strpos(${line}, ${mark}) = 0`).join(' AND ')
  return `CASE WHEN ${line} IS NULL THEN NULL WHEN ${line} = '' THEN ${empty} WHEN ${isPlain} THEN string_to_array(${line}, E'\\t', ${nothing}) WHEN ${isUnmarked} THEN ${markedCells(line)} ELSE ${carefulCells(line)} END`
}

/** All escapes of a line at once: those that stand for themselves are marked first, so that what is left means one thing only. */
function markedCells(line: string): string {
  const steps: readonly (readonly [found: string, becomes: string])[] = [
    [literal('\\\\'), SLASH_MARK],
    [literal('\\N'), NULL_MARK],
    [`E'\\t'`, TAB_MARK],
    [literal('\\n'), `E'\\n'`],
    [literal('\\t'), `E'\\t'`],
    [literal('\\r'), `E'\\r'`],
    [SLASH_MARK, literal('\\')],
  ]
  const unescaped = steps.reduce((text, [found, becomes]) => `replace(${text}, ${found}, ${becomes})`, line)
  return `string_to_array(${unescaped}, ${TAB_MARK}, ${NULL_MARK})`
}

/** Cell by cell and escape by escape: right for every line, and slow. */
function carefulCells(line: string): string {
  const [slash, nothing] = [literal('\\'), literal('\\N')]
  const controls = `replace(replace(replace(p, ${literal('\\n')}, E'\\n'), ${literal('\\t')}, E'\\t'), ${literal('\\r')}, E'\\r')`
  const unescaped = `array_to_string(ARRAY(SELECT ${controls} FROM unnest(string_to_array(x, ${literal('\\\\')})) WITH ORDINALITY AS b(p, j) ORDER BY j), ${slash})`
  return `(SELECT array_agg(CASE WHEN x <> ${nothing} THEN ${unescaped} END ORDER BY i) FROM unnest(string_to_array(${line}, E'\\t')) WITH ORDINALITY AS a(x, i))`
}
