import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'

const MODULE = pathToFileURL(join(import.meta.dirname, 'compiled-code.ts')).href

/** What a program in a process of its own, for the setting is a whole process's, says of its threads' environment. */
function run(dataDirectory: string): unknown {
  const program = `
    const { keepCompiledCode, compiledCodeEnvironment, writeCompiledCode } = await import(${JSON.stringify(MODULE)})
    keepCompiledCode(${JSON.stringify(dataDirectory)})
    await import('node:http')
    await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'deadline.ts')).href)})
    writeCompiledCode()
    process.stdout.write(JSON.stringify(compiledCodeEnvironment()))
    process.kill(process.pid, 'SIGKILL')`
  try {
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { env: {}, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (error) {
    const { stdout, signal } = error as { readonly stdout: Buffer; readonly signal: string }
    if (signal === 'SIGKILL') return JSON.parse(stdout.toString())
    throw error
  }
  throw new Error('it left by itself')
}

it('is kept in a data directory that is there, also by a program that is killed', () => {
  using directory = temporaryDirectory()
  const folder = directory.join('compiled-code')
  expect(run(directory.path)).toEqual({ NODE_COMPILE_CACHE: folder })
  expect(readdirSync(folder, { recursive: true }).length).toBeGreaterThan(1)
})

it('does not make the data directory', () => {
  using directory = temporaryDirectory()
  expect(run(directory.join('none'))).toEqual({})
  expect(existsSync(directory.join('none'))).toBe(false)
})

it('is no reason to fail: where it cannot be kept, nothing happens', () => {
  using directory = temporaryDirectory()
  const data = directory.join('data')
  mkdirSync(data)
  writeFileSync(join(data, 'compiled-code'), 'in the way')
  expect(run(data)).toEqual({})
})
