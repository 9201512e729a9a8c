import { parseArgs } from 'node:util'
import { type ChainHead, parseHead } from '#orchestrator/audit/audit-report.ts'
import { UsageError } from './exit.ts'

const AUDIT_COMMANDS = ['verify', 'list'] as const
export type AuditCommand = (typeof AUDIT_COMMANDS)[number]

export interface AuditCommandLine {
  readonly command: AuditCommand
  readonly dataDir: string | undefined
  readonly journal: string | undefined
  readonly since: ChainHead | undefined
  readonly json: boolean
}

/** Reads what follows `audit`. Throws `UsageError` for anything it does not know. */
export function auditCommandLine([name, ...rest]: readonly string[]): AuditCommandLine {
  const command = AUDIT_COMMANDS.find((each) => each === name)
  if (command === undefined) throw new UsageError(`audit is followed by ${AUDIT_COMMANDS.join(' or ')}, not by "${name ?? ''}".`)
  const values = parse(rest)
  if (values.journal !== undefined && values['data-dir'] !== undefined)
    throw new UsageError('Give --journal or --data-dir, not both: each names the file to check.')
  const since = values.since === undefined ? undefined : parseHead(values.since)
  if (values.since !== undefined && since === undefined)
    throw new UsageError('--since takes a head as `audit verify` prints it: the sequence, a colon, and 64 hex digits.')
  return { command, dataDir: values['data-dir'], journal: values.journal, since, json: values.json === true }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      // `--config` is taken everywhere, so that a script can pass the same options to every command.
      options: { 'data-dir': text, journal: text, config: text, since: text, json: { type: 'boolean' } },
      strict: true,
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
