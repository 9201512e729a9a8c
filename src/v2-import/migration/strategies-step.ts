import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PortedClass } from '../strategies/port-folder.ts'
import { meterOf, type MigrationContext } from './migration-context.ts'
import type { StrategyOutcome } from './migration-order.ts'
import { PlacedFiles, type Placing } from './placed-files.ts'

export const MAPPING_FILE = 'COMPONENT_MAPPING.md'
const FOLDER = 'strategies'
const NONE = { translated: 0, marked: 0, dropped: 0 }

/** What becomes of each translation, or would; nothing is written. */
export async function foreseeStrategies(context: MigrationContext, all: readonly PortedClass[]): Promise<readonly StrategyOutcome[]> {
  const files = filesOf(context)
  return Promise.all(all.map((one) => outcomeOf(context, one, (path, code) => files.foresee(path, code))))
}

/** Writes the translations, never over a file, and what became of each part of them. Throws `AppError`. */
export async function bringStrategies(context: MigrationContext, all: readonly PortedClass[]): Promise<readonly StrategyOutcome[]> {
  const files = filesOf(context)
  const meter = meterOf(context, { step: 'strategies', unit: 'files', total: all.length })
  const outcomes: StrategyOutcome[] = []
  for (const one of all) {
    context.options.signal?.throwIfAborted()
    outcomes.push(await outcomeOf(context, one, (path, code) => files.place(path, code)))
    meter.add(1)
  }
  const mappings = all.flatMap(({ ported }) => ported?.report.componentMapping ?? [])
  if (mappings.length > 0) await context.record?.write(MAPPING_FILE, mappings.join('\n'))
  return outcomes
}

function filesOf({ place, record }: MigrationContext): PlacedFiles {
  return new PlacedFiles(place.directory.path, record)
}

async function outcomeOf(
  { place }: MigrationContext,
  { file, className, ported, refusal }: PortedClass,
  put: (path: string, code: Uint8Array) => Promise<Placing>,
): Promise<StrategyOutcome> {
  if (ported === undefined)
    return { file, className, name: undefined, status: 'refused', to: undefined, reason: refusal ?? '', counts: NONE }
  const { strategyName: name, status, counts } = ported.report
  const to = join(place.directory.strategies, `${name}.ts`)
  const rival = await rivalOf(place.directory.strategies, name)
  const placing = rival === undefined ? await put(`${FOLDER}/${name}.ts`, Buffer.from(ported.code)) : 'kept'
  if (placing === 'kept')
    return {
      file,
      className,
      name,
      status: 'kept',
      to: rival ?? to,
      reason: `Another file of this name is there: it was left as it is.`,
      counts,
    }
  const reason =
    status === 'ready'
      ? 'Translated whole. It was not tried: run it on paper first.'
      : `${counts.marked} parts are left to a person, marked in the file with the Python they stand for. It refuses to start until then.`
  return { file, className, name, status, to, reason, counts }
}

/** The loader would take the translation before a person's file of the same name with another ending. */
async function rivalOf(folder: string, name: string): Promise<string | undefined> {
  for (const ending of ['.js', '.mjs']) {
    const path = join(folder, `${name}${ending}`)
    if ((await stat(path).catch(() => undefined)) !== undefined) return path
  }
  return undefined
}
