import { createInterface } from 'node:readline/promises'
import { z } from 'zod'
import { resumeRequest, stopRequest } from '#contract/requests.ts'
import { statusView, stopReceipt, timeMs } from '#contract/views.ts'
import type { CommandLine, SystemCommand } from './command-line.ts'
import { EXIT, type ExitCode, UsageError } from './exit.ts'
import { receiptText, statusText } from './report-text.ts'
import { type Address, AnsweredNo, call, findWorkstation } from './running-workstation.ts'

const resumed = z.object({ resumed_at: timeMs })

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/** `status`, `stop` and `resume`, carried out by the workstation that runs already. */
export async function runSystemCommand(command: SystemCommand, line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const address = findWorkstation(line, terminal.env)
  try {
    return await COMMANDS[command](address, line, terminal)
  } catch (error) {
    if (!(error instanceof AnsweredNo)) throw error
    terminal.stderr.write(`${error.message}\n`)
    return error.refused ? EXIT.refused : EXIT.failed
  }
}

const COMMANDS: Readonly<Record<SystemCommand, (address: Address, line: CommandLine, terminal: Terminal) => Promise<ExitCode>>> = {
  status: async (address, line, { stdout }) => {
    const status = await call(address, { method: 'GET', path: '/system/status', output: statusView })
    stdout.write(line.json ? `${JSON.stringify(status)}\n` : statusText(status))
    return EXIT.done
  },

  stop: async (address, line, { stdout }) => {
    const body = stopRequest.parse({ flatten: line.flatten, reason: line.reason ?? 'emergency stop from the command line' })
    const receipt = await call(address, { method: 'POST', path: '/system/emergency-stop', body, output: stopReceipt })
    stdout.write(line.json ? `${JSON.stringify(receipt)}\n` : receiptText(receipt))
    return receipt.confirmed && receipt.remaining.length === 0 ? EXIT.done : EXIT.failed
  },

  resume: async (address, line, terminal) => {
    const asked = resumeRequest.safeParse({ reason: line.reason ?? (await askReason(terminal)) })
    if (!asked.success) throw new UsageError(`The reason cannot be used: ${asked.error.issues[0]?.message ?? ''}. Trading stays halted.`)
    const answer = await call(address, { method: 'POST', path: '/system/resume', body: asked.data, output: resumed })
    terminal.stdout.write(
      line.json ? `${JSON.stringify(answer)}\n` : `Trading goes on since ${new Date(answer.resumed_at).toISOString()}.\n`,
    )
    return EXIT.done
  },
}

/** A person types why. A script has to say it with `--reason`. */
async function askReason({ stdin, stderr }: Terminal): Promise<string> {
  if (stdin.isTTY !== true) throw new UsageError('resume needs --reason TEXT where nobody can be asked. Trading stays halted.')
  const lines = createInterface({ input: stdin, output: stderr })
  try {
    return (await lines.question('Why may trading go on? ')).trim()
  } finally {
    lines.close()
  }
}
