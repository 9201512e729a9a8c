import type { MessagePort } from 'node:worker_threads'
import { AppError, isErrorCode } from '#domain/errors.ts'
import { withDeadline } from '#platform/deadline.ts'
import type { NewPage } from '#storage/journal/journal-page.ts'
import type { FromJournal, ToJournal } from '../journal.messages.ts'

const OPEN_DEADLINE_MS = 30_000
const CLOSE_DEADLINE_MS = 10_000

export interface JournalLineListener {
  /** All up to `head` is on the disk; once for each `append`, in order. */
  readonly onWritten: (head: number) => void
  /** Nothing more is written. */
  readonly onFailure: (error: AppError) => void
}

/** The engine's end of the line to the journal thread. */
export class JournalLine {
  readonly #port: MessagePort
  readonly #opened = Promise.withResolvers<number>()
  readonly #closed = Promise.withResolvers<void>()
  #listener: JournalLineListener | undefined
  #failure: AppError | undefined
  #isClosing = false

  constructor(port: MessagePort) {
    this.#port = port
    this.#opened.promise.catch(() => undefined)
    port.on('message', (message: FromJournal) => this.#receive(message))
    port.once('close', () => this.#end())
  }

  /** Resolves with the sequence of the newest record. Throws what the journal says when it cannot be opened. */
  open(path: string, purpose: string): Promise<number> {
    this.#post({ type: 'Open', path, purpose })
    return withDeadline(this.#opened.promise, OPEN_DEADLINE_MS, 'The opening of the journal')
  }

  /** What happened before is told at once. */
  listen(listener: JournalLineListener): void {
    this.#listener = listener
    if (this.#failure !== undefined) listener.onFailure(this.#failure)
  }

  append(pages: readonly NewPage[]): void {
    this.#post({ type: 'Append', pages })
  }

  /** Comes after all that was appended before, and is left out if that failed. */
  saveSnapshot(seq: number, body: string, sha256: string): void {
    this.#post({ type: 'SaveSnapshot', seq, body, sha256 })
  }

  /** Resolves when the file is closed, or the thread gone. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#post({ type: 'Close' })
    await withDeadline(this.#closed.promise, CLOSE_DEADLINE_MS, 'The closing of the journal').catch(() => undefined)
    this.#port.close()
  }

  #post(message: ToJournal): void {
    this.#port.postMessage(message)
  }

  #receive(message: FromJournal): void {
    if (message.type === 'Opened') this.#opened.resolve(message.head)
    else if (message.type === 'Written') this.#listener?.onWritten(message.head)
    else if (message.type === 'Closed') this.#closed.resolve()
    else this.#fail(new AppError(isErrorCode(message.code) ? message.code : 'WORKER_CRASHED', message.message))
  }

  #end(): void {
    this.#closed.resolve()
    if (!this.#isClosing)
      this.#fail(
        new AppError(
          'WORKER_EXITED',
          'The journal thread ended. Nothing that waited for it was sent. The engine starts again; orders already journalled are found at its restart.',
        ),
      )
  }

  #fail(error: AppError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#opened.reject(error)
    this.#listener?.onFailure(error)
  }
}
