import { CHECKLIST_STRATEGY } from '#contract/checklist.ts'
import type { SignalView } from '#contract/views.ts'
import { AppError } from '#domain/errors.ts'
import type { History } from '../handlers/dependencies.ts'
import { paged } from '../handlers/paged.ts'
import type { ReadModel } from '../read-model/read-model.ts'

const SIGNALS_A_PAGE = 1_000
const PAGES_MAX = 50

/** All signals that decide something, from then on (UTC milliseconds), newest first. Throws `AppError` where they are too many or not all can be read. */
export async function signalsSince(readModel: ReadModel, history: Pick<History, 'signals'>, since: number): Promise<readonly SignalView[]> {
  const found: SignalView[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const query = { limit: SIGNALS_A_PAGE, cursor }
    const page = await paged(query, () => readModel.signals(query), history.signals)
    found.push(...page.items.filter(({ ts, strategy }) => ts >= since && strategy !== CHECKLIST_STRATEGY))
    const isBefore = (page.items.at(-1)?.ts ?? 0) < since
    if (isBefore || page.next_cursor === null) {
      if (isBefore || page.complete) return found
      throw new AppError('DEADLINE_EXCEEDED', 'The older signals stand in the database, which does not answer. They were not compared.')
    }
    cursor = page.next_cursor
  }
  throw new AppError(
    'REFUSED',
    `There are more than ${PAGES_MAX * SIGNALS_A_PAGE} signals since ${new Date(since).toISOString()}. They were not compared. Begin later.`,
  )
}
