import { parentPort } from 'node:worker_threads'
import type { InitJournal } from './journal.messages.ts'
import { serveJournal } from './journal/serve-journal.ts'

if (parentPort === null) throw new Error('journal.worker runs only as a thread')
const port = parentPort
port.once('message', (message: InitJournal) => {
  // The line ends with the engine's thread; then there is nothing more to do here.
  message.port.once('close', () => port.close())
  serveJournal(message.port)
})
