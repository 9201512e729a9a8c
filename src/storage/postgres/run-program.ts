import { execFile } from 'node:child_process'

/** How a program ended: its exit code (-1 when it could not be started or was ended by us) and all it said. */
export interface ProgramResult {
  readonly exitCode: number
  readonly output: string
}

export interface ProgramOptions {
  readonly deadlineMs: number
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  readonly input?: string
}

const OUTPUT_BYTES_MAX = 1_000_000

/** Runs a short-lived program. Never throws: a failure is an exit code. */
export function runProgram(file: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      [...args],
      {
        timeout: options.deadlineMs,
        killSignal: 'SIGKILL',
        maxBuffer: OUTPUT_BYTES_MAX,
        windowsHide: true,
        ...(options.env === undefined ? {} : { env: options.env }),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.user === undefined ? {} : { uid: options.user.uid, gid: options.user.gid }),
      },
      (error, stdout, stderr) => {
        const output = `${stdout}${stderr}`.trim()
        if (error === null) resolve({ exitCode: 0, output })
        else resolve({ exitCode: typeof error.code === 'number' ? error.code : -1, output: output === '' ? error.message : output })
      },
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
  })
}
