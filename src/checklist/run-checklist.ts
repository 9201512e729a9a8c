import { AppError } from '#domain/errors.ts'
import { type ChecklistView, CHECK_AREAS, type CheckLine } from '#contract/checklist.ts'
import { withDeadline } from '#platform/deadline.ts'
import type { Check, ChecklistPlace, Measured } from './check.ts'
import { BACKUP } from './checks/backup.ts'
import { IMPORTED_ROWS, REPLICA } from './checks/database.ts'
import { EXCHANGES } from './checks/exchanges.ts'
import { COMPONENTS, HEALTH } from './checks/health.ts'
import { MODELS } from './checks/models.ts'
import { PERFORMANCE } from './checks/performance.ts'
import { STRATEGIES } from './checks/strategies.ts'
import { WEB_SOCKET } from './checks/web-socket.ts'

export const CHECKS: readonly Check[] = [
  HEALTH,
  COMPONENTS,
  REPLICA,
  IMPORTED_ROWS,
  EXCHANGES,
  STRATEGIES,
  MODELS,
  WEB_SOCKET,
  PERFORMANCE,
  BACKUP,
]
const CHECK_DEADLINE_MS = 300_000

export type PlaceOrAbsence = Omit<ChecklistPlace, 'probe'> & {
  readonly probe: ChecklistPlace['probe'] | undefined
  /** Why there is no probe. */
  readonly absence: string
  readonly version: string | null
}

export interface ChecklistRun {
  readonly checks?: readonly Check[] | undefined
  /** Called before each check. */
  readonly onCheck?: ((progress: { readonly done: number; readonly total: number; readonly name: string }) => void) | undefined
}

/** Measures everything now, one after the other. A check that throws has failed; one that could not run says why. */
export async function runChecklist(place: PlaceOrAbsence, { checks = CHECKS, onCheck }: ChecklistRun = {}): Promise<ChecklistView> {
  const startedAt = place.clock.now()
  const began = place.clock.elapsed()
  const lines: CheckLine[] = []
  for (const [done, check] of checks.entries()) {
    onCheck?.({ done, total: checks.length, name: check.name })
    const start = place.clock.elapsed()
    const measured = await measure(check, place)
    const duration = Math.round(place.clock.elapsed() - start)
    lines.push(...measured.map((line) => ({ area: check.area, ...line, duration_ms: duration })))
  }
  const count = (status: CheckLine['status']): number => lines.filter((line) => line.status === status).length
  return {
    started_at: startedAt,
    duration_ms: Math.round(place.clock.elapsed() - began),
    url: place.probe?.url ?? null,
    version: place.version,
    passed: count('passed'),
    failed: count('failed'),
    not_run: count('not_run'),
    lines,
  }
}

async function measure(check: Check, { probe, ...place }: PlaceOrAbsence): Promise<readonly Measured[]> {
  const expectation = 'a running workstation'
  if (check.needsWorkstation && probe === undefined) {
    const line = { name: check.name, value: null, expectation, detail: place.absence }
    return [{ ...line, status: check.area === 'health' ? 'failed' : 'not_run' }]
  }
  const leave = new AbortController()
  try {
    // Checks that need no workstation do not look at the probe.
    const whole = { ...place, probe: probe as ChecklistPlace['probe'] }
    return await withDeadline(check.measure(whole, leave.signal), CHECK_DEADLINE_MS, check.name)
  } catch (error) {
    const words = error instanceof AppError ? error.message : `the check itself failed: ${String(error)}`
    return [{ name: check.name, status: 'failed', value: null, expectation: 'a measurement', detail: words }]
  } finally {
    leave.abort()
  }
}

const MARKS: Readonly<Record<CheckLine['status'], string>> = { passed: 'passed ', failed: 'FAILED ', not_run: 'not run' }

/** For a person: by area, the verdict last. */
export function checklistText({ lines, passed, failed, not_run: notRun, url, version }: ChecklistView): string {
  const parts = [
    `Workstation ${version ?? ''} at ${url ?? 'nowhere'}`,
    ...CHECK_AREAS.flatMap((area) => {
      const own = lines.filter((line) => line.area === area)
      return own.length === 0 ? [] : ['', area, ...own.map(lineText)]
    }),
    '',
    `${passed} passed, ${failed} failed, ${notRun} not run`,
  ]
  return `${parts.join('\n')}\n`
}

function lineText({ name, status, value, expectation, detail }: CheckLine): string {
  const found = value === null ? '' : `: ${value}`
  const expected = status === 'passed' ? '' : `; expected ${expectation}`
  return `  ${MARKS[status]}  ${name}${found}${expected}${detail === '' || status === 'passed' ? '' : ` (${detail})`}`
}
