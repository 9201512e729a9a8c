import { realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AppError } from '#domain/errors.ts'
import { findBuiltIn } from '#strategies/registry.ts'
import { defineStrategy, STRATEGY_NAME } from '#strategies/strategy.ts'
import type { Strategy } from '#strategies/strategy.ts'
import { withDeadline } from './deadline.ts'
import { applyModuleRules } from './module-rules.ts'

const EXTENSIONS = ['.ts', '.js', '.mjs']

/**
 * A built-in strategy by its name, else `<directory>/<name>.ts|.js|.mjs`. Throws `STRATEGY_INVALID`, `NOT_FOUND` or
 * `DEADLINE_EXCEEDED`. Changes how this thread imports modules, so it is called once a thread.
 */
export async function loadStrategy(name: string, directory: string | undefined, deadlineMs: number): Promise<Strategy> {
  if (!STRATEGY_NAME.test(name)) {
    throw new AppError(
      'STRATEGY_INVALID',
      `'${name.slice(0, 64)}' is not a strategy's name. Nothing was loaded; use small letters, digits and hyphens.`,
    )
  }
  const builtIn = findBuiltIn(name)
  if (builtIn !== undefined) return builtIn
  const path = directory === undefined ? undefined : findFile(directory, name)
  if (directory === undefined || path === undefined) {
    const where = directory === undefined ? 'and no strategy folder is set' : `and ${directory} holds no ${name}.ts, .js or .mjs`
    throw new AppError(
      'NOT_FOUND',
      `There is no built-in strategy '${name}', ${where}. The trader was not started; add the file or choose another strategy.`,
    )
  }
  applyModuleRules(pathToFileURL(realpathSync(directory) + sep).href)
  return await importStrategy(name, path, deadlineMs)
}

/** The real path of the strategy's file; a link that leads out of the directory is refused. */
function findFile(directory: string, name: string): string | undefined {
  for (const extension of EXTENSIONS) {
    const path = realPath(join(directory, name + extension))
    if (path === undefined) continue
    if (path.startsWith(realpathSync(directory) + sep)) return path
    throw new AppError(
      'STRATEGY_INVALID',
      `${name}${extension} leads out of the strategy folder, to ${path}. It was not loaded; put the file itself there.`,
    )
  }
  return undefined
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

async function importStrategy(name: string, path: string, deadlineMs: number): Promise<Strategy> {
  let module: { readonly strategy?: unknown }
  try {
    module = await withDeadline(
      import(pathToFileURL(path).href) as Promise<{ readonly strategy?: unknown }>,
      deadlineMs,
      `${path} took more than ${deadlineMs} ms to load. The trader was not started; look for an await that never ends.`,
    )
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError(
      'STRATEGY_INVALID',
      `${path} could not be loaded: ${wordsOf(cause)}. The trader was not started; correct the file.`,
      { cause },
    )
  }
  if (module.strategy === undefined) {
    throw new AppError(
      'STRATEGY_INVALID',
      `${path} exports no 'strategy'. The trader was not started; write: export const strategy = defineStrategy({ … }).`,
    )
  }
  // Checked again: nothing makes a file call defineStrategy.
  const strategy = defineStrategy(module.strategy as Strategy)
  if (strategy.name !== name) {
    throw new AppError(
      'STRATEGY_INVALID',
      `${path} defines the strategy '${strategy.name}', not '${name}'. The trader was not started; give the file and the strategy the same name.`,
    )
  }
  return strategy
}

/** What a thrown value says, whatever it is. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
