import type { ColumnInfo } from '../import-source.ts'
import { COLUMNS_MAX } from '../limits.ts'
import { TokenCursor, sqlTokens, type SqlToken } from './sql-tokens.ts'

/** Tokens looked at in one statement: a table of the most columns Postgres allows fits. */
const TOKENS_MAX = 100_000

export interface Relation {
  readonly schema: string | undefined
  readonly name: string
}

/** What is understood of a statement. Everything else, and all that is not strictly of these forms, is `other`. */
export type SqlStatement =
  | {
      readonly kind: 'create-table'
      readonly relation: Relation
      readonly columns: readonly ColumnInfo[]
      readonly primaryKey: readonly string[]
    }
  | { readonly kind: 'primary-key'; readonly relation: Relation; readonly primaryKey: readonly string[] }
  | { readonly kind: 'copy'; readonly relation: Relation; readonly columns: readonly string[] | undefined }
  | { readonly kind: 'insert'; readonly relation: Relation; readonly columns: readonly string[] | undefined }
  | { readonly kind: 'set'; readonly name: string; readonly value: string }
  /** COPY of a form that is not read, and whose rows would be lost. */
  | { readonly kind: 'copy-unreadable' }
  | { readonly kind: 'other'; readonly word: string }

const UNDERSTOOD: ReadonlySet<string> = new Set(['copy', 'insert', 'create', 'alter', 'set', 'select'])

export function parseStatement(statement: string): SqlStatement {
  const [first = ''] = /^[A-Za-z]+(?![\w$\u0080-\uffff])/.exec(statement) ?? []
  // Most statements of a dump (comments on tables, grants, transactions) need no closer look.
  if (first !== '' && !UNDERSTOOD.has(first.toLowerCase())) return { kind: 'other', word: first.toLowerCase() }
  const tokens = sqlTokens(statement, TOKENS_MAX)
  if (tokens === undefined) return { kind: 'other', word: 'unreadable' }
  const cursor = new TokenCursor(tokens)
  const word = cursor.step()?.text ?? ''
  switch (word) {
    case 'copy':
      return parseCopy(cursor)
    case 'insert':
      return parseInsert(cursor) ?? { kind: 'other', word }
    case 'create':
      return parseCreateTable(cursor) ?? { kind: 'other', word }
    case 'alter':
      return parsePrimaryKey(cursor) ?? { kind: 'other', word }
    case 'set':
      return parseSet(cursor) ?? { kind: 'other', word }
    case 'select':
      return parseSetConfig(cursor) ?? { kind: 'other', word }
    default:
      return { kind: 'other', word }
  }
}

/** `COPY name [(columns)] FROM stdin`, as pg_dump writes it; any option makes it unreadable. COPY TO is `other`. */
function parseCopy(cursor: TokenCursor): SqlStatement {
  const relation = cursor.relation()
  if (relation === undefined) return { kind: 'other', word: 'copy' }
  const columns = cursor.identifierList()
  if (!cursor.words('from', 'stdin')) return cursor.words('to') ? { kind: 'other', word: 'copy' } : { kind: 'copy-unreadable' }
  cursor.symbol(';')
  return cursor.done ? { kind: 'copy', relation, columns } : { kind: 'copy-unreadable' }
}

/** The head of an INSERT up to VALUES. */
function parseInsert(cursor: TokenCursor): SqlStatement | undefined {
  if (!cursor.words('into')) return undefined
  const relation = cursor.relation()
  if (relation === undefined) return undefined
  const columns = cursor.identifierList()
  if (!cursor.words('overriding', 'system', 'value')) cursor.words('overriding', 'user', 'value')
  return cursor.words('values') && cursor.done ? { kind: 'insert', relation, columns } : undefined
}

const TABLE_WORDS = [['global'], ['local'], ['unlogged'], ['foreign']] as const

function parseCreateTable(cursor: TokenCursor): SqlStatement | undefined {
  for (const words of TABLE_WORDS) cursor.words(...words)
  if (!cursor.words('table')) return undefined
  cursor.words('if', 'not', 'exists')
  const relation = cursor.relation()
  if (relation === undefined || !cursor.symbol('(')) return undefined
  const columns: ColumnInfo[] = []
  let primaryKey: readonly string[] = []
  for (const item of listItems(cursor)) {
    const inner = new TokenCursor(item)
    const constraint = tableConstraint(inner)
    if (constraint === 'other') continue
    if (constraint !== undefined) {
      primaryKey = constraint
      continue
    }
    const name = inner.identifier()
    if (name === undefined) continue
    columns.push({ name, type: typeText(inner) })
    if (hasPrimaryKey(inner)) primaryKey = [name]
    if (columns.length > COLUMNS_MAX) return undefined
  }
  return { kind: 'create-table', relation, columns, primaryKey }
}

/** The items of a list whose opening bracket has been read: tokens between commas that stand in no further brackets. */
function listItems(cursor: TokenCursor): readonly (readonly SqlToken[])[] {
  const items: SqlToken[][] = [[]]
  let depth = 0
  for (let token = cursor.step(); token !== undefined; token = cursor.step()) {
    if (token.kind === 'symbol') {
      if (token.text === '(') depth += 1
      if (token.text === ')') depth -= 1
      if (depth < 0) break
      if (token.text === ',' && depth === 0) {
        items.push([])
        continue
      }
    }
    items.at(-1)?.push(token)
  }
  return items.filter((item) => item.length > 0)
}

const CONSTRAINT_WORDS: ReadonlySet<string> = new Set(['unique', 'check', 'foreign', 'exclude', 'like'])

/** The columns of a primary key, `other` for another constraint, undefined for a column. */
function tableConstraint(item: TokenCursor): readonly string[] | 'other' | undefined {
  const named = item.words('constraint')
  if (named) item.identifier()
  if (item.words('primary', 'key')) return item.identifierList() ?? 'other'
  if (named) return 'other'
  return item.next?.kind === 'word' && CONSTRAINT_WORDS.has(item.next.text) ? 'other' : undefined
}

const AFTER_TYPE: ReadonlySet<string> = new Set([
  'default',
  'not',
  'null',
  'collate',
  'generated',
  'constraint',
  'primary',
  'unique',
  'references',
  'check',
  'storage',
  'compression',
  'options',
  'as',
])

/** The type of a column as written, blanks made uniform: `numeric(20,8)`, `timestamp without time zone`, `text[]`. */
function typeText(item: TokenCursor): string | undefined {
  let text = ''
  let depth = 0
  for (let token = item.next; token !== undefined; token = item.next) {
    if (depth === 0 && token.kind === 'word' && AFTER_TYPE.has(token.text)) break
    if (token.kind === 'symbol') {
      depth += token.text === '(' ? 1 : token.text === ')' ? -1 : 0
      text += token.text
    } else {
      const glued = text === '' || /[(,.[]$/.test(text)
      text += (glued ? '' : ' ') + token.text
    }
    item.step()
  }
  return text === '' ? undefined : text
}

function hasPrimaryKey(item: TokenCursor): boolean {
  while (!item.done) {
    if (item.words('primary', 'key')) return true
    item.step()
  }
  return false
}

/** `ALTER TABLE [IF EXISTS] [ONLY] name ADD CONSTRAINT name PRIMARY KEY (columns)`. */
export function parsePrimaryKey(cursor: TokenCursor): SqlStatement | undefined {
  if (!cursor.words('table')) return undefined
  cursor.words('if', 'exists')
  cursor.words('only')
  const relation = cursor.relation()
  if (relation === undefined || !cursor.words('add', 'constraint') || cursor.identifier() === undefined) return undefined
  const primaryKey = cursor.words('primary', 'key') ? cursor.identifierList() : undefined
  return primaryKey === undefined ? undefined : { kind: 'primary-key', relation, primaryKey }
}

/** `SET name = value` or `TO`; of a list the first value. */
function parseSet(cursor: TokenCursor): SqlStatement | undefined {
  if (!cursor.words('session')) cursor.words('local')
  const name = cursor.identifier()
  if (name === undefined || !(cursor.symbol('=') || cursor.words('to'))) return undefined
  const value = cursor.step()
  return value === undefined ? undefined : { kind: 'set', name, value: value.text }
}

/** `SELECT pg_catalog.set_config('name', 'value', …)`. */
function parseSetConfig(cursor: TokenCursor): SqlStatement | undefined {
  if (cursor.words('pg_catalog')) cursor.symbol('.')
  if (!cursor.words('set_config') || !cursor.symbol('(')) return undefined
  const name = cursor.step()
  if (name?.kind !== 'string' || !cursor.symbol(',')) return undefined
  const value = cursor.step()
  return value?.kind === 'string' ? { kind: 'set', name: name.text, value: value.text } : undefined
}
