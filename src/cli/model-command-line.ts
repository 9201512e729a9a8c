import { parseArgs } from 'node:util'
import { UsageError } from './exit.ts'

interface Shared {
  readonly dataDir: string | undefined
  readonly json: boolean
}
export type ModelCommandLine =
  | (Shared & {
      readonly command: 'convert'
      readonly checkpoint: string
      readonly config: string | undefined
      readonly out: string | undefined
      readonly verify: string | undefined
    })
  | (Shared & { readonly command: 'inspect'; readonly file: string; readonly config: string | undefined })
  | (Shared & { readonly command: 'list' })

/** Reads what follows `model`. Throws `UsageError` for anything it does not know. */
export function modelCommandLine([command, ...rest]: readonly string[]): ModelCommandLine {
  const { values, positionals } = parse(rest)
  const { config, out, verify } = values
  const shared = { dataDir: values['data-dir'], json: values.json === true }
  const only = (what: string): string => {
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) throw new UsageError(`model ${command ?? ''} takes ${what}.`)
    return file
  }
  if (command === 'convert') return { ...shared, command, checkpoint: only('one checkpoint'), config, out, verify }
  if (out !== undefined || verify !== undefined) throw new UsageError('--out and --verify belong to model convert.')
  if (command === 'inspect') return { ...shared, command, file: only('one file'), config }
  if (command !== 'list') throw new UsageError(`model is followed by convert, inspect or list, not by "${command ?? ''}".`)
  if (positionals.length > 0) throw new UsageError('model list takes no file.')
  return { ...shared, command }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: { 'data-dir': text, config: text, out: text, verify: text, json: { type: 'boolean' } },
      allowPositionals: true,
      strict: true,
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
