import { parseArgs } from 'node:util'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import { analysisJson, analysisText } from '#v2-import/analyse/analysis-json.ts'
import { analyseSource } from '#v2-import/analyse/analyse-source.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import { EXIT, type ExitCode, UsageError } from './exit.ts'

export interface AnalyseTerminal {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

interface AnalyseLine {
  readonly source: string
  readonly timeZone: string | undefined
  readonly json: boolean
}

/** `import --analyse`: reads a source and says what is in it. Needs no database and writes nothing. */
export async function runAnalyseCommand(args: readonly string[], { stdout, stderr }: AnalyseTerminal): Promise<ExitCode> {
  const line = readLine(args)
  try {
    await using cleanup = new AsyncDisposableStack()
    const source = await openSource(line.source)
    cleanup.defer(() => source.close())
    const analysis = await analyseSource(source, { plan: planOf({ timeZone: line.timeZone }), nowMs: systemClock.now() })
    stdout.write(line.json ? `${JSON.stringify(analysisJson(analysis))}\n` : analysisText(analysis))
    const isWhole = analysis.damage === null && analysis.tables.every(({ problem }) => problem === null)
    return isWhole ? EXIT.done : EXIT.failed
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    stderr.write(`${error.code}: ${error.message}\n`)
    return EXIT.failed
  }
}

function readLine(args: readonly string[]): AnalyseLine {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  // The others are taken so that a script can add `--analyse` to the import it means.
  const others = { 'v2-dir': text, 'data-dir': text, config: text, 'dry-run': flag } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { source: text, 'time-zone': text, json: flag, analyse: flag, ...others },
      strict: true,
    })
    if (values.source === undefined) throw new UsageError('import --analyse needs --source.')
    return { source: values.source, timeZone: values['time-zone'], json: values.json === true }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
