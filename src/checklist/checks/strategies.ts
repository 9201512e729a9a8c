import { z } from 'zod'
import { strategyView, traderView } from '#contract/views.ts'
import { startThread } from '#platform/threads/managed-thread.ts'
import { pause } from '#platform/deadline.ts'
import type { StrategyCheckOrder, StrategyCheckResult } from '#workers/strategy-check.messages.ts'
import { type Check, type ChecklistPlace, judged, type Measured, notRun } from '../check.ts'

const strategies = z.object({ items: z.array(strategyView) })
const traders = z.object({ items: z.array(traderView) })
const LOAD_DEADLINE_MS = 20_000
const MEMORY_MB = 256
const FILES_MAX = 200

/** Every strategy in a thread of its own, as a trader would load it: types are stripped, the file runs and says what it is. */
export const STRATEGIES: Check = {
  area: 'strategies',
  name: 'strategies load',
  needsWorkstation: true,
  async measure(place) {
    const [{ items }, running] = await Promise.all([place.probe.read('/strategies', strategies), place.probe.read('/traders', traders)])
    const lines: Measured[] = []
    for (const { name, source } of items.slice(0, FILES_MAX)) lines.push(await loads(name, source, place))
    if (items.length > FILES_MAX) lines.push(notRun('further strategies', 'loads', `${items.length - FILES_MAX} were not tried`))
    return [...lines, ...running.items.map(traderLine)]
  },
}

async function loads(name: string, source: string, { directory, workerUrl }: ChecklistPlace): Promise<Measured> {
  const result = await loadInThread(workerUrl('strategy-check'), { name, directory: directory.strategies })
  return judged(result.isLoaded, {
    name: `strategy ${name} (${source})`,
    value: result.isLoaded ? `loaded in ${Math.round(result.ms)} ms` : 'not loaded',
    expectation: 'loads',
    detail: result.words,
  })
}

async function loadInThread(url: URL, order: StrategyCheckOrder): Promise<StrategyCheckResult> {
  const began = performance.now()
  const thread = startThread<never, StrategyCheckResult>({
    url,
    name: `strategy-check ${order.name}`,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    workerData: order,
  })
  const answered = new Promise<StrategyCheckResult>((resolve) => thread.onMessage(resolve))
  const ended = thread.exited.then(({ exitCode, error }) => said(`its thread ended: ${error?.message ?? `code ${exitCode}`}`, began))
  const leave = new AbortController()
  const late = pause(LOAD_DEADLINE_MS, leave.signal).then(() => said(`it did not load within ${LOAD_DEADLINE_MS / 1_000} s`, began))
  try {
    return await Promise.race([answered, ended, late])
  } finally {
    leave.abort()
    await thread.terminate()
  }
}

function said(words: string, began: number): StrategyCheckResult {
  return { isLoaded: false, words, ms: performance.now() - began }
}

function traderLine({ id, state, reason, strategy, errors }: z.infer<typeof traderView>): Measured {
  return judged(state !== 'error', {
    name: `trader ${id} (${strategy})`,
    value: `${state}, ${errors} errors`,
    expectation: 'not in error',
    detail: reason ?? '',
  })
}
