import { setImmediate as breath } from 'node:timers/promises'
import type { JournalEntry } from '#domain/facts.ts'
import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { openJournalReader, type JournalReader } from '#storage/journal/journal-reader.ts'
import type { ReadModel } from './read-model.ts'
import { openReadModel, saveReadModel } from './saved-read-model.ts'

/** A saving rests for a hundred times as long as the last one took: it takes the main thread one percent of its time. */
const REST_PER_SAVING = 100
const LIMITS: SavingLimits = { fromFacts: 20_000, atFacts: 200_000 }
const BATCH_FACTS = 500

export interface SavingLimits {
  /** Fewer new facts than this are folded at a start in a moment: they are not worth a saving. */
  readonly fromFacts: number
  /** So many are not left to a start after a crash, whatever saving takes. */
  readonly atFacts: number
}

export interface ReadModelKeeperOptions {
  readonly path: string
  readonly journalPath: string
  readonly clock: Clock
  readonly logger: Logger
  readonly limits?: SavingLimits
}

/** Gets the read model ready at a start, beside the engine, and saves it so that the next start need not fold the whole journal. */
export class ReadModelKeeper {
  readonly #options: ReadModelKeeperOptions
  readonly model: ReadModel
  #reader: JournalReader | undefined
  /** What was folded ahead of the engine is saved only after it has vouched for the journal. */
  #isWhole = false
  #savedSeq: number
  #savedAt = Number.NEGATIVE_INFINITY
  #savingMs = 0

  constructor(options: ReadModelKeeperOptions) {
    const { path, journalPath, logger } = options
    const { model, rebuilt, reader } = openReadModel(path, journalPath)
    this.#options = options
    this.model = model
    this.#reader = reader
    this.#savedSeq = model.lastSeq
    logger.info(
      { seq: model.lastSeq, rebuilt },
      rebuilt === null ? 'The saved read model goes on' : 'The read model is folded from the journal',
    )
  }

  /** The journal, when the engine has found it whole. */
  reader(): JournalReader {
    this.#isWhole = true
    this.#reader ??= openJournalReader(this.#options.journalPath)
    return this.#reader
  }

  /**
   * Folds what the journal holds while the engine still reads it, too. What cannot be read is left: whether the journal is
   * whole is for the engine to say, and nobody is shown anything before it has.
   */
  async foldAhead(fold: (entries: readonly JournalEntry[]) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const entries = this.#readAhead()
      if (entries.length === 0) return
      fold(entries)
      await breath()
    }
  }

  #readAhead(): readonly JournalEntry[] {
    try {
      return this.#reader?.read(this.model.lastSeq, BATCH_FACTS) ?? []
    } catch (error) {
      this.#options.logger.warn({ error: String(error) }, 'The journal cannot be read ahead of the engine')
      return []
    }
  }

  /** Saves when it is worth it and there has been rest since the last time. */
  saveIfDue(): void {
    const { clock, limits = LIMITS } = this.#options
    const facts = this.model.lastSeq - this.#savedSeq
    if (facts < limits.fromFacts) return
    const rested = clock.elapsed() - this.#savedAt >= this.#savingMs * REST_PER_SAVING
    if (rested || facts >= limits.atFacts) this.#save()
  }

  /** The last saving, before the journal is let go. */
  close(): void {
    this.#save()
    this.#reader?.close()
    this.#reader = undefined
  }

  /** Without it the next start is only slower. */
  #save(): void {
    const { clock, logger, path } = this.#options
    if (this.#reader === undefined || !this.#isWhole || this.model.lastSeq === this.#savedSeq) return
    const began = clock.elapsed()
    this.#savedSeq = this.model.lastSeq
    try {
      saveReadModel(path, this.model, this.#reader)
    } catch (error) {
      logger.warn({ error: String(error) }, 'The read model was not saved; the next start folds more of the journal')
    }
    this.#savedAt = clock.elapsed()
    this.#savingMs = this.#savedAt - began
  }
}
