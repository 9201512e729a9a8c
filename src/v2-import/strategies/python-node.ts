/** A node of a Python syntax tree, copied out of the parser: plain data, nothing to release. */
export interface PyNode {
  readonly type: string
  readonly text: string
  /** Name of its role in the parent, such as `left`. */
  readonly field: string | undefined
  readonly named: boolean
  /** Offsets in the source, in UTF-16 units. */
  readonly start: number
  readonly end: number
  /** From 1. */
  readonly line: number
  readonly endLine: number
  readonly children: readonly PyNode[]
}

/** Children that mean something: no punctuation, no comments. */
export function parts(node: PyNode): PyNode[] {
  return node.children.filter(({ named, type }) => named && type !== 'comment' && type !== 'line_continuation')
}

export function fieldOf(node: PyNode, field: string): PyNode | undefined {
  return node.children.find((child) => child.field === field)
}

/** The node and all below it, in the order of the source. */
export function walk(node: PyNode): PyNode[] {
  const found: PyNode[] = []
  const waiting = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    found.push(next)
    for (let i = next.children.length - 1; i >= 0; i -= 1) {
      const child = next.children[i]
      if (child !== undefined) waiting.push(child)
    }
  }
  return found
}

/** The last word of a name or a chain of attributes: `place_order` of `self.manager.place_order`. */
export function lastWord(node: PyNode): string {
  return node.type === 'attribute' ? (fieldOf(node, 'attribute')?.text ?? '') : node.type === 'identifier' ? node.text : ''
}

/** The text of a plain string literal; nothing for f-strings, bytes, escapes and joined strings. */
export function stringOf(node: PyNode | undefined): string | undefined {
  if (node?.type !== 'string') return undefined
  const [open, content, close, ...more] = node.children
  if (open === undefined || more.length > 0 || !/^['"]+$/.test(open.text)) return undefined
  if (close === undefined) return content?.type === 'string_end' ? '' : undefined
  if (content?.type !== 'string_content' || content.children.length > 0) return undefined
  return content.text
}

/** Whether it is `self.NAME`; answers the name. */
export function selfAttribute(node: PyNode): string | undefined {
  if (node.type !== 'attribute' || fieldOf(node, 'object')?.text !== 'self') return undefined
  return fieldOf(node, 'attribute')?.text
}
