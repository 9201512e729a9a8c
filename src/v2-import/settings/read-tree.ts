import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar as YamlScalar,
  type YAMLMap,
} from 'yaml'
import type { Scalar } from './setting.ts'

const DEPTH_MAX = 32
const LEAVES_MAX = 10_000
const PLAIN_NUMBER = /^[-+]?\d+(?:\.\d+)?$/

export interface Leaf {
  readonly path: readonly (string | number)[]
  /** A list is one of plain values; undefined is null, or nothing at all. */
  readonly value: Scalar | readonly Scalar[] | undefined
}

export type TreeRead = { readonly leaves: readonly Leaf[] } | { readonly fault: string }

/** Names the place and never quotes it: what stands there may be a secret. */
class TreeFault extends Error {}

/**
 * Reads YAML 1.1, which version 2's Python understood, or JSON. Nothing is built from tags. Numbers keep their digits. A key that
 * stands in a map twice gives two leaves.
 */
export function readTree(text: string, language: 'yaml' | 'json'): TreeRead {
  if (language === 'json') {
    const fault = jsonFault(text)
    if (fault !== undefined) return { fault }
  }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: language === 'json' ? '1.2' : '1.1',
    schema: language === 'json' ? 'json' : 'yaml-1.1',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const error = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY')
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    return { fault: `line ${line}, column ${col}: this is not valid ${language.toUpperCase()} (${error.code})` }
  }
  try {
    const walk = new TreeWalk(document)
    if (document.contents !== null) walk.visit(document.contents as Node, [])
    return { leaves: walk.leaves }
  } catch (error_) {
    if (error_ instanceof TreeFault) return { fault: error_.message }
    throw error_
  }
}

/** The parser's own message quotes the text, so only that it failed is taken from it. */
function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    return text.trim() === '' ? 'the file is empty' : 'this is not valid JSON'
  }
}

class TreeWalk {
  readonly leaves: Leaf[] = []
  readonly #document: Document
  #visited = 0

  constructor(document: Document) {
    this.#document = document
  }

  visit(node: unknown, path: readonly (string | number)[]): void {
    this.#visited += 1
    if (path.length > DEPTH_MAX) throw new TreeFault(`it is nested deeper than ${DEPTH_MAX} levels`)
    if (this.#visited > LEAVES_MAX) throw new TreeFault(`there are more than ${LEAVES_MAX} values in it`)
    const target = this.#resolve(node)
    if (isMap(target)) this.#visitMap(target, path)
    else if (isSeq(target)) this.#visitList(target.items, path)
    else this.leaves.push({ path, value: isScalar(target) ? scalarOf(target) : undefined })
  }

  #visitMap(map: YAMLMap, path: readonly (string | number)[]): void {
    if (map.items.length === 0) this.leaves.push({ path, value: undefined })
    for (const [key, value] of this.#pairs(map, 0)) this.visit(value, [...path, key])
  }

  /** The pairs of a map and of those it merges by `<<`; its own go before. */
  #pairs(map: YAMLMap, depth: number): readonly (readonly [string, unknown])[] {
    if (depth > DEPTH_MAX) throw new TreeFault(`it is nested deeper than ${DEPTH_MAX} levels`)
    const own: (readonly [string, unknown])[] = []
    const merged: unknown[] = []
    for (const { key, value } of map.items) {
      const name = this.#resolve(key)
      if (!isScalar(name)) throw new TreeFault('a key in it is a list or a map')
      if (typeof name.value === 'symbol' || name.value === '<<') merged.push(value)
      else own.push([name.source ?? String(name.value), value])
    }
    const names = new Set(own.map(([name]) => name))
    for (const source of merged.flatMap((each) => this.#mergeSources(each)))
      for (const pair of this.#pairs(source, depth + 1)) {
        if (names.has(pair[0])) continue
        names.add(pair[0])
        own.push(pair)
      }
    return own
  }

  #mergeSources(node: unknown): readonly YAMLMap[] {
    const target = this.#resolve(node)
    if (isMap(target)) return [target]
    const maps = isSeq(target) ? target.items.map((item) => this.#resolve(item)) : []
    if (maps.length === 0 || !maps.every((each) => isMap(each))) throw new TreeFault('a << in it names no map')
    return maps.filter((each) => isMap(each))
  }

  #visitList(items: readonly unknown[], path: readonly (string | number)[]): void {
    const targets = items.map((item) => this.#resolve(item))
    if (targets.length > LEAVES_MAX) throw new TreeFault(`there are more than ${LEAVES_MAX} values in it`)
    if (targets.length === 0) this.leaves.push({ path, value: undefined })
    else if (targets.every((target) => isScalar(target) && target.value !== null)) {
      this.#visited += targets.length
      this.leaves.push({ path, value: targets.filter((target) => isScalar(target)).map((target) => scalarOf(target) ?? EMPTY) })
    } else for (const [index, target] of targets.entries()) this.visit(target, [...path, index])
  }

  #resolve(node: unknown): unknown {
    if (!isAlias(node)) return node
    const target = node.resolve(this.#document)
    if (target === undefined) throw new TreeFault('it refers to an anchor that is not there')
    return target
  }
}

const EMPTY: Scalar = { kind: 'text', text: '' }

function scalarOf({ value, source }: YamlScalar): Scalar | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'boolean') return { kind: 'boolean', text: String(value) }
  if (typeof value !== 'number' && typeof value !== 'bigint')
    return { kind: 'text', text: typeof value === 'string' ? value : (source ?? '') }
  const isAsWritten = source !== undefined && PLAIN_NUMBER.test(source) && Number(source) === Number(value)
  return { kind: 'number', text: isAsWritten ? source : String(value) }
}
