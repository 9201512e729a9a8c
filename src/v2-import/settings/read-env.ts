import { parseEnv } from 'node:util'

const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)\s*=\s*(.?)/
const QUOTES = ['"', "'", '`']

export interface EnvRead {
  /** In the order of the file; a name that stands there twice comes twice. */
  readonly pairs: readonly (readonly [name: string, value: string])[]
  /** Numbers of lines, from 1, that assign nothing. */
  readonly idleLines: readonly number[]
}

/** Reads a .env file. Values are those of `parseEnv`; each assignment is read by itself, so that none hides another. */
export function readEnv(text: string): EnvRead {
  const pairs: [string, string][] = []
  const idleLines: number[] = []
  const lines = text.split(/\r\n|\n|\r/)
  for (let index = 0; index < lines.length; index += 1) {
    const first = index
    const line = lines[index] ?? ''
    const [, name, quote = ''] = ASSIGNMENT.exec(line) ?? []
    if (name === undefined) {
      if (line.trim() !== '' && !line.trim().startsWith('#')) idleLines.push(index + 1)
      continue
    }
    const end = QUOTES.includes(quote) ? closingLine(lines, index, quote) : index
    index = end
    const parsed = parseEnv(lines.slice(first, end + 1).join('\n'))
    pairs.push([name, parsed[name] ?? ''])
  }
  return { pairs, idleLines }
}

/** The line where a quoted value ends; its own line when it never ends. */
function closingLine(lines: readonly string[], from: number, quote: string): number {
  const first = lines[from] ?? ''
  if (first.includes(quote, first.indexOf(quote) + 1)) return from
  const end = lines.findIndex((line, index) => index > from && line.includes(quote))
  return end === -1 ? from : end
}
