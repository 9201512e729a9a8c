import { spawn } from 'node:child_process'

/** What is kept of what a program says, its end. */
const OUTPUT_MAX = 65_536
/** Between asking a program to leave and ending it. */
const LEAVE_MS = 2_000
/** For what a program has said before it left; one it left behind may hold the pipe for ever. */
const DRAIN_MS = 200

export interface CommandOrder {
  /** Program and arguments, as they are: there is no shell, so nothing in them is special. */
  readonly argv: readonly [string, ...string[]]
  readonly workingDirectory?: string | undefined
  readonly deadlineMs: number
  /** Nothing else of our environment is passed on: it may hold keys. */
  readonly env: Readonly<Record<string, string>>
}

export interface CommandResult {
  readonly exitCode: number | null
  /** It was not to be started, or had to be ended; null where it left by itself. */
  readonly problem: string | null
  /** The end of what it said, both outputs together. */
  readonly output: string
  readonly ms: number
}

/** Runs a program to its end. Never throws: a program that cannot be started is a result. */
export function runCommand({ argv: [program, ...args], workingDirectory, deadlineMs, env }: CommandOrder): Promise<CommandResult> {
  const began = performance.now()
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: workingDirectory, env: { ...env }, shell: false, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let problem: string | null = null
    let killer: NodeJS.Timeout | undefined
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_MAX)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const timer = setTimeout(() => {
      problem = `it did not end within ${deadlineMs} ms and was ended`
      child.kill('SIGTERM')
      killer = setTimeout(() => child.kill('SIGKILL'), LEAVE_MS)
    }, deadlineMs)
    const end = (exitCode: number | null): void => {
      clearTimeout(timer)
      clearTimeout(killer)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ exitCode, problem, output, ms: performance.now() - began })
    }
    child.once('error', (error) => {
      problem = `it cannot be started: ${error.message}`
      end(null)
    })
    child.once('exit', (exitCode, signal) => {
      if (signal !== null) problem ??= `it was ended by ${signal}`
      const drained = setTimeout(() => end(exitCode), DRAIN_MS)
      child.once('close', () => {
        clearTimeout(drained)
        end(exitCode)
      })
    })
  })
}
