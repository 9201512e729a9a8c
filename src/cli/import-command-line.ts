import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { MIGRATION_STEPS, type MigrationStep } from '#v2-import/migration/migration-order.ts'
import { UsageError } from './exit.ts'

interface Common {
  readonly dataDir: string | undefined
  readonly config: string | undefined
  readonly json: boolean
}

export type ImportCommandLine = Common &
  (
    | {
        readonly act: 'import'
        readonly source: string
        readonly v2Dir: string | undefined
        readonly dryRun: boolean
        readonly report: string | undefined
        readonly timeZone: string | undefined
        /** All of them where nobody says. */
        readonly steps: readonly MigrationStep[]
        readonly backupDir: string | undefined
      }
    | { readonly act: 'rollback'; readonly runId: string }
    | { readonly act: 'verify'; readonly runId: string; readonly source: string | undefined; readonly report: string | undefined }
  )

/** Reads what follows `import`. Throws `UsageError` for anything it does not know. */
export function importCommandLine(args: readonly string[]): ImportCommandLine {
  const values = parse(args)
  const { source, rollback, verify, report } = values
  const common: Common = { dataDir: values['data-dir'], config: values.config, json: values.json === true }
  if (rollback !== undefined && verify !== undefined) throw new UsageError('Give --rollback or --verify, not both.')
  if (rollback !== undefined) {
    if (source !== undefined) throw new UsageError('--rollback takes a run id and no --source.')
    return { ...common, act: 'rollback', runId: rollback }
  }
  if (verify !== undefined)
    return { ...common, act: 'verify', runId: verify, source: source === undefined ? undefined : absolute(source), report }
  if (source === undefined) throw new UsageError('import needs --source, or --rollback RUN_ID, or --verify RUN_ID.')
  const { 'v2-dir': v2Dir, 'time-zone': timeZone, 'backup-dir': backupDir } = values
  const steps = stepsOf(values.steps)
  const dryRun = values['dry-run'] === true
  return { ...common, act: 'import', source: absolute(source), v2Dir, dryRun, report, timeZone, steps, backupDir }
}

function stepsOf(text: string | undefined): readonly MigrationStep[] {
  if (text === undefined) return MIGRATION_STEPS
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !MIGRATION_STEPS.some((step) => step === name))
  if (unknown !== undefined)
    throw new UsageError(`--steps takes ${MIGRATION_STEPS.join(', ')}, with commas between them; not "${unknown}".`)
  return MIGRATION_STEPS.filter((step) => names.includes(step))
}

/** A path is recorded with the run, and looked up again from wherever it is verified. */
function absolute(source: string): string {
  return /^postgres(?:ql)?:/i.test(source) ? source : resolve(source)
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    source: text,
    'v2-dir': text,
    report: text,
    'time-zone': text,
    steps: text,
    'backup-dir': text,
    rollback: text,
    verify: text,
    'data-dir': text,
    config: text,
  }
  try {
    return parseArgs({ args: [...args], options: { ...options, 'dry-run': flag, json: flag }, strict: true }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
