import { keepCompiledCode } from '#platform/compiled-code.ts'
import { readServeOptions } from './options.ts'

/** Runs the workstation without a window; resolves with the exit code. Imports nothing heavy before it is known where compiled code is kept. */
export async function startHeadless(args: readonly string[]): Promise<number> {
  const dataDir = dataDirectoryOf(args)
  if (dataDir !== undefined) keepCompiledCode(dataDir)
  const { main } = await import('./serve.ts')
  return main(args)
}

/** Undefined for a command line that is wrong, which `main` will say. */
function dataDirectoryOf(args: readonly string[]): string | undefined {
  try {
    return readServeOptions(args, process.env).dataDir
  } catch {
    return undefined
  }
}
