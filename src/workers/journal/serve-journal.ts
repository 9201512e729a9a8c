import type { MessagePort } from 'node:worker_threads'
import { Journal } from '#storage/journal/journal.ts'
import type { FromJournal, ToJournal } from '../journal.messages.ts'

/**
 * Writes the journal for an engine that goes on meanwhile: a sync of the disk stops this thread, not that one. Once a write
 * has failed nothing more is written: what follows was decided on the strength of what is not there.
 */
export function serveJournal(port: MessagePort): void {
  let journal: Journal | undefined
  let hasFailed = false
  const say = (message: FromJournal): void => port.postMessage(message)
  const carryOut = (message: ToJournal): void => {
    if (message.type === 'Open') {
      journal = new Journal({ path: message.path, purpose: message.purpose })
      say({ type: 'Opened', head: journal.head })
    } else if (journal === undefined) throw new Error(`${message.type} before Open`)
    else if (message.type === 'Append') {
      say({ type: 'Written', head: journal.appendPages(message.pages) })
      // Nobody waits for this.
      journal.foldLog()
    } else if (message.type === 'SaveSnapshot') journal.writeSnapshot(message.body, message.seq, message.sha256)
  }
  port.on('message', (message: ToJournal) => {
    try {
      if (message.type === 'Close') {
        journal?.close()
        say({ type: 'Closed' })
      } else if (!hasFailed) carryOut(message)
    } catch (error) {
      hasFailed = true
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'BUG'
      say({ type: 'Failed', code, message: error instanceof Error ? error.message : String(error) })
    }
  })
}
