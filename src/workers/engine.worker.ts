import { parentPort } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import { TradingEngine } from '#engine/engine.ts'
import { systemClock } from '#platform/clock.ts'
import { Journal } from '#storage/journal/journal.ts'
import type { FromEngine, ToEngine } from './engine.messages.ts'
import { EngineSession } from './engine/engine-session.ts'
import { JournalLine } from './engine/journal-line.ts'
import { recoverState } from './engine/recover.ts'

if (parentPort === null) throw new Error('engine.worker runs only as a thread')
const port = parentPort
const post = (message: FromEngine): void => port.postMessage(message)
let session: EngineSession | undefined

async function start(init: Extract<ToEngine, { readonly type: 'Init' }>): Promise<void> {
  const began = systemClock.elapsed()
  const journal = new Journal({
    path: init.journalPath,
    purpose: init.purpose,
    ...(init.instance === undefined ? {} : { instance: init.instance }),
  })
  const { state, facts } = recoverState(journal)
  const { head, journalId } = journal
  // From here on only the journal's thread writes.
  journal.close()
  const line = new JournalLine(init.journalPort)
  const opened = await line.open(init.journalPath, init.purpose)
  if (opened !== head)
    throw new AppError(
      'REFUSED',
      `The journal grew from ${head} to ${opened} while it was read: another process writes it. Nothing was traded. Stop that one, then start again.`,
    )
  state.fence = init.fence ?? 0
  session = new EngineSession({
    line,
    head,
    engine: new TradingEngine(state),
    exchangePort: init.exchangePort,
    lockStep: init.lockStep,
    shadow: init.shadow,
    clock: systemClock,
    factsSinceSnapshot: facts,
    post,
  })
  const traders = [...state.traders.values()].map(({ config }) => config)
  post({ type: 'Ready', journalId, head, traders, recoveredFacts: facts, recoveryMs: systemClock.elapsed() - began })
}

function fail(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'BUG'
  post({ type: 'Failed', code, message: error instanceof Error ? error.message : String(error) })
}

async function stop(): Promise<void> {
  await session?.stop()
  post({ type: 'Stopped' })
  port.close()
}

port.on('message', (message: ToEngine) => {
  if (message.type === 'Init') start(message).catch(fail)
  else if (message.type === 'Stop') stop().catch(fail)
  else session?.receive(message)
})
