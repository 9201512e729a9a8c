import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** One call that changes files, as `write-log.c` noted it, under the name the file had when it was opened. */
export type LoggedCall =
  | { readonly type: 'open'; readonly file: string; readonly truncates: boolean; readonly handle: string }
  | { readonly type: 'write'; readonly file: string; readonly handle: string; readonly offset: number; readonly data: Buffer }
  | { readonly type: 'truncate'; readonly file: string; readonly handle: string; readonly length: number }
  | { readonly type: 'sync'; readonly file: string; readonly handle: string }
  | { readonly type: 'close'; readonly file: string; readonly handle: string }
  | { readonly type: 'unlink'; readonly file: string }

/** The name under which the directory itself appears: syncing it makes names durable. */
export const DIRECTORY = '.'

const OPERATIONS = ['', 'open', 'write', 'truncate', 'sync', 'unlink', 'rename', 'close', 'map', 'unknown'] as const
const HEAD_BYTES = 32
const SOURCE = join(import.meta.dirname, 'write-log.c')
const O_TRUNC = 0o1000

export const hasCompiler = process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0

/** The library for `LD_PRELOAD`, made in `directory`. */
export function compileWriteLog(directory: string): string {
  const library = join(directory, 'write-log.so')
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, SOURCE, '-ldl'])
  return library
}

/**
 * The calls in their order. Throws when one is there that this model does not know (a writable map of a durable file, a
 * rename, a vectored write): better no verdict than a wrong one. The `-shm` file is no durable state and is left out.
 */
export function readWriteLog(path: string, directory: string): readonly LoggedCall[] {
  const bytes = readFileSync(path)
  const calls: LoggedCall[] = []
  const handles = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const operation = OPERATIONS[bytes.readUInt32LE(at)]
    const key = `${bytes.readUInt32LE(at + 4)}:${bytes.readInt32LE(at + 8)}`
    const pathLength = bytes.readUInt32LE(at + 12)
    const offset = Number(bytes.readBigUInt64LE(at + 16))
    const length = Number(bytes.readBigUInt64LE(at + 24))
    const dataAt = at + HEAD_BYTES + pathLength
    const named = pathLength === 0 ? handles.get(key) : nameOf(bytes.toString('utf8', at + HEAD_BYTES, dataAt), directory)
    if (named === undefined) throw new Error(`a ${operation} of a file that was never opened`)
    const data = operation === 'write' ? bytes.subarray(dataAt, dataAt + length) : undefined
    at = dataAt + (data?.length ?? 0)
    if (operation === 'open') handles.set(key, named)
    const handle = `${key}:${named}`
    if (named.endsWith('-shm')) continue
    const call = callOf({ operation, file: named, handle, offset, data })
    if (call === undefined) throw new Error(`the model knows nothing of ${operation} (${named})`)
    calls.push(call)
  }
  return calls
}

interface Record {
  readonly operation: (typeof OPERATIONS)[number] | undefined
  readonly file: string
  readonly handle: string
  readonly offset: number
  readonly data: Buffer | undefined
}

function callOf({ operation, file, handle, offset, data }: Record): LoggedCall | undefined {
  switch (operation) {
    case 'open':
      return { type: 'open', file, handle, truncates: (offset & O_TRUNC) !== 0 }
    case 'write':
      return data === undefined ? undefined : { type: 'write', file, handle, offset, data }
    case 'truncate':
      return { type: 'truncate', file, handle, length: offset }
    case 'sync':
      return { type: 'sync', file, handle }
    case 'close':
      return { type: 'close', file, handle }
    case 'unlink':
      return { type: 'unlink', file }
    default:
      return undefined
  }
}

function nameOf(path: string, directory: string): string {
  if (path === directory) return DIRECTORY
  if (dirname(path) !== directory) throw new Error(`${path} is not a file right inside ${directory}`)
  return basename(path)
}
