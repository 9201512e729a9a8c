/** A token of a statement. `word` is an unquoted identifier or keyword in lower case, `name` a quoted identifier. */
export interface SqlToken {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'symbol'
  readonly text: string
}

const TOKEN =
  /\s+|--[^\n]*|(?<name>"(?:[^"]|"")*")|(?<escape>[eE]'(?:[^'\\]|''|\\[^])*')|(?<string>'(?:[^']|'')*')|(?<dollar>\$(?<tag>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<number>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)|(?<symbol>[^])/uy

/**
 * The tokens of one statement, comments left out. Strings keep their content as written between the quotes, doubled
 * quotes made one. At most `limit` tokens; undefined if a quote or comment does not end.
 */
export function sqlTokens(statement: string, limit: number): readonly SqlToken[] | undefined {
  const tokens: SqlToken[] = []
  let at = 0
  while (at < statement.length && tokens.length < limit) {
    if (statement.startsWith('/*', at)) {
      const end = commentEnd(statement, at)
      if (end === undefined) return undefined
      at = end
      continue
    }
    TOKEN.lastIndex = at
    const match = TOKEN.exec(statement)
    if (match?.groups === undefined) return undefined
    at = TOKEN.lastIndex
    const token = tokenOf(match.groups)
    if (token === 'dollar') {
      const delimiter = match[0]
      const end = statement.indexOf(delimiter, at)
      if (end === -1) return undefined
      tokens.push({ kind: 'string', text: statement.slice(at, end) })
      at = end + delimiter.length
    } else if (token === 'unfinished') return undefined
    else if (token !== undefined) tokens.push(token)
  }
  return tokens
}

function tokenOf(groups: Record<string, string | undefined>): SqlToken | 'dollar' | 'unfinished' | undefined {
  const { name, escape, string, dollar, word, number, symbol } = groups
  if (word !== undefined) return { kind: 'word', text: word.toLowerCase() }
  if (name !== undefined) return { kind: 'name', text: name.slice(1, -1).replaceAll('""', '"') }
  if (string !== undefined) return { kind: 'string', text: string.slice(1, -1).replaceAll("''", "'") }
  if (escape !== undefined) return { kind: 'string', text: escape.slice(2, -1).replaceAll("''", "'") }
  if (number !== undefined) return { kind: 'number', text: number }
  if (dollar !== undefined) return 'dollar'
  if (symbol === undefined) return undefined
  return symbol === '"' || symbol === "'" ? 'unfinished' : { kind: 'symbol', text: symbol }
}

/** Comments of Postgres nest. */
function commentEnd(statement: string, from: number): number | undefined {
  const mark = /\/\*|\*\//g
  mark.lastIndex = from
  let depth = 0
  for (let match = mark.exec(statement); match !== null; match = mark.exec(statement)) {
    depth += match[0] === '/*' ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return undefined
}

/** Walks over tokens; `accept` steps on if the next token is what is asked for. */
export class TokenCursor {
  readonly #tokens: readonly SqlToken[]
  #at = 0

  constructor(tokens: readonly SqlToken[]) {
    this.#tokens = tokens
  }

  get next(): SqlToken | undefined {
    return this.#tokens[this.#at]
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length
  }

  step(): SqlToken | undefined {
    const token = this.#tokens[this.#at]
    this.#at += 1
    return token
  }

  /** All of the words in a row, or none. */
  words(...wanted: readonly string[]): boolean {
    const found = wanted.every((text, index) => {
      const token = this.#tokens[this.#at + index]
      return token?.kind === 'word' && token.text === text
    })
    if (found) this.#at += wanted.length
    return found
  }

  symbol(text: string): boolean {
    const found = this.next?.kind === 'symbol' && this.next.text === text
    if (found) this.#at += 1
    return found
  }

  identifier(): string | undefined {
    const token = this.next
    if (token?.kind !== 'word' && token?.kind !== 'name') return undefined
    this.#at += 1
    return token.text
  }

  /** `name` or `schema.name`. */
  relation(): { readonly schema: string | undefined; readonly name: string } | undefined {
    const first = this.identifier()
    if (first === undefined) return undefined
    if (!this.symbol('.')) return { schema: undefined, name: first }
    const second = this.identifier()
    return second === undefined ? undefined : { schema: first, name: second }
  }

  /** `(a, b, …)`; undefined if it is not a plain list of identifiers. */
  identifierList(): readonly string[] | undefined {
    if (!this.symbol('(')) return undefined
    const names: string[] = []
    if (this.symbol(')')) return names
    while (true) {
      const name = this.identifier()
      if (name === undefined) return undefined
      names.push(name)
      if (this.symbol(')')) return names
      if (!this.symbol(',')) return undefined
    }
  }
}
