import { parseArgs } from 'node:util'
import { UsageError } from './exit.ts'

const SYSTEM_COMMANDS = ['status', 'stop', 'resume'] as const
export type SystemCommand = (typeof SYSTEM_COMMANDS)[number]

export const USAGE = `bot-trading serve   run the workstation without a window; options: see bot-trading serve --help
bot-trading status  [--json]                  what runs, and whether trading goes on
bot-trading stop    [--flatten] [--reason TEXT] [--json]   EMERGENCY STOP: halt, cancel every order
bot-trading resume  [--reason TEXT] [--json]  let trading go on; asks for the reason
bot-trading audit verify [--since SEQ:HASH] [--json]   whether the record of everything is whole; see docs/audit.md
bot-trading audit list   [--json]             who did what, when and why
bot-trading import --source DIR|FILE|postgres://…  [--v2-dir DIR] [--steps backup,history,settings,models,strategies] [--dry-run]
                   [--backup-dir DIR] [--report FILE] [--json] [--time-zone ZONE]   all that version 2 held; see docs/import.md
bot-trading import --rollback RUN_ID | --verify RUN_ID [--source …]    take an import back, or check it again
bot-trading import --analyse --source …  [--time-zone ZONE] [--json]   what a source holds and how well; nothing is written
bot-trading verify  [--load] [--json]         the checklist after a migration, measured now; --load puts 1,000 expired signals into the record
bot-trading parallel-run --source postgres://… [--since TIME] [--for SECONDS] [--window-s 900] [--json]   what version 2 signals against what this one decides
bot-trading roll-back system|engine|api|models|telegram  [--plan] [--yes] [--reason TEXT] [--json]   back to version 2, step by step
bot-trading model convert CHECKPOINT.pth [--config FILE] [--out DIR] [--verify FIXTURE.json] [--json]   a model of version 2 as ONNX
bot-trading model inspect FILE [--json]       what a checkpoint holds; nothing of it is run
bot-trading model list  [--json]              the models of the data directory

Which record: [--journal FILE], else that of [--data-dir DIR]; a running workstation is not disturbed.
Where it runs: [--url URL] [--token TOKEN], else the workstation of [--data-dir DIR].
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 interrupted but resumable.`

export interface CommandLine {
  readonly url: string | undefined
  readonly token: string | undefined
  readonly dataDir: string | undefined
  readonly reason: string | undefined
  readonly flatten: boolean
  readonly json: boolean
}

export function isSystemCommand(text: string): text is SystemCommand {
  return (SYSTEM_COMMANDS as readonly string[]).includes(text)
}

/** Reads what follows the command. Throws `UsageError` for anything it does not know. */
export function commandLine(args: readonly string[]): CommandLine {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      // `--config` is taken everywhere, so that a script can pass the same options to every command.
      options: { url: text, token: text, 'data-dir': text, config: text, reason: text, flatten: flag, json: flag },
      strict: true,
    })
    return {
      url: values.url,
      token: values.token,
      dataDir: values['data-dir'],
      reason: values.reason,
      flatten: values.flatten === true,
      json: values.json === true,
    }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
