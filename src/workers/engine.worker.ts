import { parentPort } from 'node:worker_threads'
import { TradingEngine } from '#engine/engine.ts'
import { systemClock } from '#platform/clock.ts'
import { Journal } from '#storage/journal/journal.ts'
import type { FromEngine, ToEngine } from './engine.messages.ts'
import { EngineSession } from './engine/engine-session.ts'
import { recoverState } from './engine/recover.ts'

if (parentPort === null) throw new Error('engine.worker runs only as a thread')
const port = parentPort
const post = (message: FromEngine): void => port.postMessage(message)
let session: EngineSession | undefined

function start(init: Extract<ToEngine, { readonly type: 'Init' }>): void {
  const began = systemClock.elapsed()
  const journal = new Journal({
    path: init.journalPath,
    purpose: init.purpose,
    ...(init.instance === undefined ? {} : { instance: init.instance }),
  })
  const { state, facts } = recoverState(journal)
  state.fence = init.fence ?? 0
  session = new EngineSession({
    journal,
    engine: new TradingEngine(state),
    exchangePort: init.exchangePort,
    lockStep: init.lockStep,
    shadow: init.shadow,
    clock: systemClock,
    factsSinceSnapshot: facts,
    post,
  })
  const traders = [...state.traders.values()].map(({ config }) => config)
  post({
    type: 'Ready',
    journalId: journal.journalId,
    head: journal.head,
    traders,
    recoveredFacts: facts,
    recoveryMs: systemClock.elapsed() - began,
  })
}

port.on('message', (message: ToEngine) => {
  if (message.type === 'Init') {
    try {
      start(message)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'BUG'
      post({ type: 'Failed', code, message: error instanceof Error ? error.message : String(error) })
    }
  } else if (message.type === 'Stop') {
    session?.stop()
    post({ type: 'Stopped' })
    port.close()
  } else session?.receive(message)
})
