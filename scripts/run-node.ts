import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { ROOT } from './paths.ts'

export interface RunResult {
  readonly exitCode: number
  /** What it wrote, both streams in order of arrival; empty where `show` let it write itself. */
  readonly output: string
  readonly durationMs: number
}

export interface RunOptions {
  readonly deadlineMs: number
  /** Let it write to our terminal instead of collecting. */
  readonly show?: boolean
  readonly env?: Record<string, string>
}

const OUTPUT_MAX_CHARS = 20_000_000

/** Runs a JavaScript or TypeScript file with this Node. A run past its deadline is killed and counts as failed. */
export function runNode(args: readonly string[], options: RunOptions): Promise<RunResult> {
  return runProgram(process.execPath, args, options)
}

/** Runs a program from the checkout. Never rejects: what could not start is a failed run with the reason as output. */
export function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', options.show === true ? 'inherit' : 'pipe', options.show === true ? 'inherit' : 'pipe'],
    })
    const deadline = setTimeout(() => {
      output += `\nstopped after ${options.deadlineMs} ms`
      child.kill('SIGKILL')
    }, options.deadlineMs)
    const collect = (chunk: Buffer) => {
      if (output.length < OUTPUT_MAX_CHARS) output += chunk.toString('utf8')
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    const finish = (exitCode: number) => {
      clearTimeout(deadline)
      resolve({ exitCode, output: stripVTControlCharacters(output), durationMs: performance.now() - startedAt })
    }
    child.once('error', (error) => {
      output += error.message
      finish(1)
    })
    child.once('close', (code) => finish(code ?? 1))
  })
}
