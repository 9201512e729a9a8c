import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Language, Parser } from 'web-tree-sitter'
import type { TreeCursor } from 'web-tree-sitter'
import { AppError } from '#domain/errors.ts'
import type { PyNode } from './python-node.ts'

export const SOURCE_LENGTH_MAX = 256 * 1_024
export const NODES_MAX = 30_000
/** Levels of nesting; what follows walks the tree by recursion. */
export const DEPTH_MAX = 120
export const PARSE_TIMEOUT_MS = 400

let language: Promise<Language> | undefined

async function loadLanguage(): Promise<Language> {
  await Parser.init()
  return await Language.load(await readFile(createRequire(import.meta.url).resolve('tree-sitter-python/tree-sitter-python.wasm')))
}

/**
 * Reads Python 3 into a tree; nothing of it is executed. Throws `FILE_INVALID` for what is too long, too deep, too slow
 * to read, not Python 3, or not whole.
 */
export async function parsePython(source: string, fileName: string): Promise<PyNode> {
  if (source.length > SOURCE_LENGTH_MAX) throw unreadable(fileName, `is longer than ${SOURCE_LENGTH_MAX} characters`)
  if (source.includes('\0')) throw unreadable(fileName, 'holds a zero byte, which no Python source has')
  if (!source.isWellFormed()) throw unreadable(fileName, 'is not Unicode text')
  language ??= loadLanguage()
  const python = await language
  const parser = new Parser()
  try {
    parser.setLanguage(python)
    return readTree(parser, source, fileName)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw unreadable(fileName, 'could not be read by the parser', cause)
  } finally {
    parser.delete()
  }
}

function readTree(parser: Parser, source: string, fileName: string): PyNode {
  const start = performance.now()
  // The callback's answer cancels the parse, though its type says that there is none.
  const progressCallback = (() => performance.now() - start > PARSE_TIMEOUT_MS) as unknown as () => void
  const tree = parser.parse(source, null, { progressCallback })
  if (tree === null) throw unreadable(fileName, `took more than ${PARSE_TIMEOUT_MS} ms to read`)
  try {
    const cursor = tree.walk()
    try {
      const root = copyTree(cursor, source, fileName)
      checkVersion(root, source, fileName)
      if (tree.rootNode.hasError) throw unreadable(fileName, 'holds a syntax error that could not be placed')
      return root
    } finally {
      cursor.delete()
    }
  } finally {
    tree.delete()
  }
}

interface OpenNode {
  readonly node: PyNode
  readonly children: PyNode[]
}

function copyTree(cursor: TreeCursor, source: string, fileName: string): PyNode {
  const root = copyNode(cursor, source)
  const open: OpenNode[] = [root]
  let count = 1
  const enter = () => {
    const copied = copyNode(cursor, source)
    open.at(-1)?.children.push(copied.node)
    open.push(copied)
    count += 1
    if (count > NODES_MAX) throw unreadable(fileName, `has more than ${NODES_MAX} parts`)
    if (open.length > DEPTH_MAX) throw unreadable(fileName, `is nested deeper than ${DEPTH_MAX} levels at line ${copied.node.line}`)
    if (cursor.nodeType === 'ERROR' || cursor.nodeIsMissing)
      throw unreadable(fileName, `has a syntax error at line ${copied.node.line}: it is not Python 3`)
  }
  for (;;) {
    if (cursor.gotoFirstChild()) {
      enter()
      continue
    }
    open.pop()
    while (open.length > 0 && !cursor.gotoNextSibling()) {
      cursor.gotoParent()
      open.pop()
    }
    if (open.length === 0) return root.node
    enter()
  }
}

function copyNode(cursor: TreeCursor, source: string): OpenNode {
  const children: PyNode[] = []
  const [start, end] = [cursor.startIndex, cursor.endIndex]
  return {
    children,
    node: {
      type: cursor.nodeType,
      text: source.slice(start, end),
      field: cursor.currentFieldName ?? undefined,
      named: cursor.nodeIsNamed,
      start,
      end,
      line: cursor.startPosition.row + 1,
      endLine: cursor.endPosition.row + 1,
      children,
    },
  }
}

/** Python 2 has statements the parser also knows, and tabs that count differently. */
function checkVersion(root: PyNode, source: string, fileName: string): void {
  const lines = source.split('\n')
  const waiting = [root]
  let indent: string | undefined
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === 'print_statement' || node.type === 'exec_statement' || node.type === '<>')
      throw unreadable(fileName, `is Python 2 (line ${node.line})`)
    if (node.type === 'block' && node.children.length === 0)
      throw unreadable(fileName, `has a syntax error at line ${node.line}: a body is missing`)
    for (const { line } of node.type === 'block' ? node.children : []) {
      const blank = /^\s*/.exec(lines[line - 1] ?? '')?.[0] ?? ''
      const kind = blank.replace(/[\r\f]/g, '').replace(/(.)\1*/g, '$1')
      if (kind.length > 1 || (indent !== undefined && kind !== '' && kind !== indent))
        throw unreadable(fileName, `mixes tabs and spaces (line ${line})`)
      if (kind !== '') indent = kind
    }
    waiting.push(...node.children)
  }
}

function unreadable(fileName: string, what: string, cause?: unknown): AppError {
  return new AppError(
    'FILE_INVALID',
    `The v2 strategy ${JSON.stringify(fileName.slice(0, 200))} ${what}. Nothing of it was translated; write the v3 strategy by hand, or correct the file and port it again.`,
    cause === undefined ? {} : { cause },
  )
}
