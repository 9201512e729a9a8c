import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { AppError } from '#domain/errors.ts'
import { readConfig } from '#platform/config/config.ts'
import type { RollBackConfig } from '#platform/config/roll-back-settings.ts'
import { openDataDirectory } from '#platform/data-directory.ts'
import { defaultDataDirectory } from '#platform/default-data-directory.ts'
import { runRollBack, type StepResult } from '#v2-import/hand-over/roll-back-run.ts'
import {
  ROLL_BACK_SCOPES,
  type RollBackScope,
  type RollBackSettings,
  type RollBackStep,
  rollBackSteps,
} from '#v2-import/hand-over/roll-back-steps.ts'
import { EXIT, type ExitCode, UsageError } from './exit.ts'
import { Version3OverRest } from './roll-back-target.ts'
import { AnsweredNo, findWorkstation } from './running-workstation.ts'

/** What the started programs may see of the environment. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'SystemRoot']

export interface RollBackTerminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

interface Line {
  readonly scope: RollBackScope
  readonly reason: string
  readonly yes: boolean
  readonly plan: boolean
  readonly json: boolean
  readonly url: string | undefined
  readonly token: string | undefined
  readonly dataDir: string | undefined
  readonly config: string | undefined
}

/** `roll-back SCOPE`: the way back to version 2, step by step. Ends with 1 unless every step is done. */
export async function runRollBackCommand(args: readonly string[], terminal: RollBackTerminal): Promise<ExitCode> {
  const line = readLine(args)
  const { stdout, stderr, env } = terminal
  try {
    const directory = openDataDirectory(line.dataDir ?? defaultDataDirectory(env))
    const { roll_back: config } = readConfig(line.config ?? join(directory.path, 'config.yaml'), line.config !== undefined)
    const steps = rollBackSteps(line.scope, settingsOf(config))
    if (line.plan) {
      stdout.write(line.json ? `${JSON.stringify(steps)}\n` : `${steps.map(({ title }, index) => `${index + 1}. ${title}`).join('\n')}\n`)
      return EXIT.done
    }
    const isTrading = steps.some(({ act }) => act.kind === 'halt')
    const results = await runRollBack({
      steps,
      version3: new Version3OverRest(isTrading ? findWorkstation(line, env) : { url: '', token: '' }),
      reason: line.reason,
      env: Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
      goOn: (step, shown) => goOn(step, shown, line, terminal),
      onResult: (result) => void (line.json ? undefined : stdout.write(resultText(result))),
    })
    if (line.json) stdout.write(`${JSON.stringify({ scope: line.scope, steps: results })}\n`)
    return results.every(({ status }) => status === 'done') ? EXIT.done : EXIT.failed
  } catch (error) {
    if (!(error instanceof AppError) && !(error instanceof AnsweredNo)) throw error
    stderr.write(`${error.message}\n`)
    return EXIT.failed
  }
}

function settingsOf(config: RollBackConfig): RollBackSettings {
  const commandOf = (command: RollBackConfig['api']['stop']) =>
    command === undefined ? undefined : { argv: command.run, workingDirectory: command.working_directory, deadlineMs: command.deadline_ms }
  const partOf = ({ stop, start, verify, check }: RollBackConfig['api']) => ({
    stop: commandOf(stop),
    start: commandOf(start),
    verify: commandOf(verify),
    check: check === undefined ? undefined : { url: check.url, status: check.status, contains: check.contains, withinMs: check.within_ms },
  })
  return { engine: partOf(config.engine), api: partOf(config.api), models: partOf(config.models), telegram: partOf(config.telegram) }
}

/** With --yes everything is gone on with but what a person has to do by hand. */
async function goOn(step: RollBackStep, shown: readonly string[], { yes }: Line, { stdin, stderr }: RollBackTerminal): Promise<boolean> {
  if (yes) return step.act.kind !== 'by-hand'
  const question = createInterface({ input: stdin, output: stderr })
  try {
    const words = shown.map((each) => `  ${each}\n`).join('')
    return /^y(?:es)?$/i.test((await question.question(`${step.title}\n${words}Go on? [y/N] `)).trim())
  } finally {
    question.close()
  }
}

const MARKS: Readonly<Record<StepResult['status'], string>> = { done: 'done   ', failed: 'FAILED ', not_run: 'not run' }

function resultText({ title, status, words, output }: StepResult): string {
  return `${MARKS[status]}  ${title}: ${words}\n${output.map((each) => `         ${each}\n`).join('')}`
}

function readLine(args: readonly string[]): Line {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  let parsed
  try {
    parsed = parseArgs({
      args: [...args],
      options: { url: text, token: text, 'data-dir': text, config: text, reason: text, yes: flag, plan: flag, json: flag },
      strict: true,
      allowPositionals: true,
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
  const { values, positionals } = parsed
  const scope = ROLL_BACK_SCOPES.find((each) => each === positionals[0])
  if (scope === undefined || positionals.length !== 1)
    throw new UsageError(`roll-back is followed by one of ${ROLL_BACK_SCOPES.join(', ')}.`)
  const { url, token, config, reason = 'back to version 2', yes = false, plan = false, json = false } = values
  return { scope, reason, yes, plan, json, url, token, config, dataDir: values['data-dir'] }
}
