import { unsupported } from '../refusal.ts'
import type { PickleValue } from './values.ts'

export const MAX_DEPTH = 200

type Container = Exclude<PickleValue, null | boolean | number | bigint | string>

interface Visit {
  readonly container: Container
  readonly children: Iterator<PickleValue>
  depth: number
}

/** Refuses containers that hold themselves, or that are nested deeper than any model needs. Works without recursion. */
export function checkNesting(root: PickleValue, what: string): void {
  if (!isContainer(root)) return
  const open = new Set<Container>([root])
  const depths = new Map<Container, number>()
  const path: Visit[] = [visit(root)]
  for (;;) {
    const current = path.at(-1)
    if (current === undefined) return
    const { done, value } = current.children.next()
    if (done === true) {
      path.pop()
      open.delete(current.container)
      depths.set(current.container, current.depth)
      const parent = path.at(-1)
      if (parent !== undefined) parent.depth = Math.max(parent.depth, current.depth + 1)
      if (current.depth > MAX_DEPTH) throw unsupported(`${what} nests values deeper than ${MAX_DEPTH} levels`)
      continue
    }
    if (!isContainer(value)) continue
    if (open.has(value)) throw unsupported(`${what} holds a ${value.kind} that contains itself`)
    const known = depths.get(value)
    if (known !== undefined) {
      current.depth = Math.max(current.depth, known + 1)
      continue
    }
    open.add(value)
    path.push(visit(value))
    if (path.length > MAX_DEPTH) throw unsupported(`${what} nests values deeper than ${MAX_DEPTH} levels`)
  }
}

function visit(container: Container): Visit {
  return { container, children: childrenOf(container), depth: 1 }
}

function isContainer(value: PickleValue): value is Container {
  return typeof value === 'object' && value !== null
}

function childrenOf(value: Container): Iterator<PickleValue> {
  if (value.kind === 'list' || value.kind === 'tuple') return value.items[Symbol.iterator]()
  if (value.kind === 'dict') return value.entries.values()
  if (value.kind === 'estimator' && value.fields !== undefined) return value.fields.entries.values()
  return [][Symbol.iterator]()
}
