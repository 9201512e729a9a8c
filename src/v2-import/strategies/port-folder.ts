import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { readUnchanged } from '../backup/read-unchanged.ts'
import type { MarketKind } from '../mapping/spellings/symbol-spelling.ts'
import { isSecretName, looksSecret } from '../settings/secret-names.ts'
import { portStrategy, type PortedStrategy } from './port-strategy.ts'
import { SOURCE_LENGTH_MAX } from './python-source.ts'
import { portedName } from './settings.ts'
import type { Settings } from './strategy-class.ts'

/** UTF-8 takes at most this many bytes for what the parser takes at all. */
const FILE_BYTES_MAX = 4 * SOURCE_LENGTH_MAX
const CLASSES_MAX = 20

/** One strategy class of one file, or a file that gave none. */
export interface PortedClass {
  /** Below the folder of version 2. */
  readonly file: string
  readonly className: string | undefined
  /** Why there is no translation; undefined with `ported`. */
  readonly refusal: string | undefined
  readonly ported: PortedStrategy | undefined
}

export interface PortFolderOptions {
  /** The entries of strategies.json. */
  readonly configs: readonly Settings[]
  readonly market: MarketKind
  readonly signal?: AbortSignal | undefined
}

/** Translates every strategy class of these files. What one file holds stops no other. Nothing of the Python is executed. */
export async function portFolder(folder: string, files: readonly string[], options: PortFolderOptions): Promise<readonly PortedClass[]> {
  const taken = new Set<string>()
  const all: PortedClass[] = []
  for (const file of files) {
    options.signal?.throwIfAborted()
    all.push(...(await portFile(folder, file, { ...options, taken })))
  }
  return all
}

interface FileOptions extends PortFolderOptions {
  /** Names that other classes have. */
  readonly taken: Set<string>
}

async function portFile(folder: string, file: string, options: FileOptions): Promise<readonly PortedClass[]> {
  const refuse = (error: unknown, className?: string): PortedClass => {
    options.signal?.throwIfAborted()
    const refusal = error instanceof AppError ? error.message : `it could not be read (${error instanceof Error ? error.name : 'unknown'})`
    return { file, className, refusal, ported: undefined }
  }
  let source: string
  let classNames: readonly string[]
  try {
    source = await readText(join(folder, file), options.signal)
    ;({ classNames } = await portStrategy(source, { fileName: file }))
  } catch (error) {
    return [refuse(error)]
  }
  const results: PortedClass[] = []
  for (const [index, className] of classNames.slice(0, CLASSES_MAX).entries()) {
    try {
      const config = findConfig(options.configs, file, className)
      const name = freeName(config, index === 0 ? baseOf(file) : `${baseOf(file)}-${className}`, options.taken)
      const ported = await portStrategy(source, { fileName: file, className, config, market: options.market, name })
      const refusal = secretIn(ported) ?? syntaxFault(ported.code)
      results.push({ file, className, refusal, ported: refusal === undefined ? ported : undefined })
    } catch (error) {
      results.push(refuse(error, className))
    }
  }
  return results
}

async function readText(path: string, signal: AbortSignal | undefined): Promise<string> {
  const chunks: Buffer[] = []
  const tooLong = (): AppError =>
    new AppError('FILE_INVALID', `${path} is longer than ${FILE_BYTES_MAX} bytes. Nothing was translated; write the v3 strategy by hand.`)
  const sink = {
    begin: ({ bytes }: { readonly bytes: number }): void => {
      if (bytes > FILE_BYTES_MAX) throw tooLong()
    },
    write: (chunk: Buffer): Promise<void> => Promise.resolve(void chunks.push(Buffer.from(chunk))),
  }
  await readUnchanged(path, sink, signal)
  return Buffer.concat(chunks).toString('utf8')
}

/** The entry whose name is the file's or the class's, however they are spelt. */
function findConfig(configs: readonly Settings[], file: string, className: string): Settings | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '')
  const names = [baseOf(file), className, className.replace(/strategy$/i, '')].map(plain)
  const found = configs.find(({ strategy_name: name }) => typeof name === 'string' && name !== '' && names.includes(plain(name)))
  return found === undefined ? undefined : Object.fromEntries(Object.entries(found).filter(([key, value]) => !isSecret(key, value)))
}

function isSecret(key: string, value: unknown): boolean {
  return isSecretName([key]) || (typeof value === 'string' && looksSecret(value))
}

function freeName(config: Settings | undefined, otherwise: string, taken: Set<string>): string {
  const given = config?.['strategy_name']
  const wanted = portedName(typeof given === 'string' ? given : otherwise)
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted.slice(0, 56)}-${number}`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

function baseOf(file: string): string {
  return file.replace(/^.*\//, '').replace(/\.py$/i, '')
}

/** Lines of the Python stay in the code as comments, and with them whatever stands there. */
function secretIn({ code, report }: PortedStrategy): string | undefined {
  return looksSecret(code) || looksSecret(report.componentMapping)
    ? 'It holds what looks like a key or a password. Take that out of the Python file and import the strategies again.'
    : undefined
}

/** By the parser that loads it later. */
function syntaxFault(code: string): string | undefined {
  try {
    silently(() => stripTypeScriptTypes(code))
    return undefined
  } catch (error) {
    return `The translation is no TypeScript (${error instanceof Error ? error.message.split('\n')[0] : 'unknown'}). Write the v3 strategy by hand.`
  }
}

/** Node says once on stderr that the call may still change, which tells a person nothing. */
function silently(run: () => unknown): void {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => undefined
  try {
    run()
  } finally {
    process.emitWarning = emitWarning
  }
}
