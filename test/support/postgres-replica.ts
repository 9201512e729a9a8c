import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fact } from '#domain/facts.ts'
import { systemClock } from '#platform/clock.ts'
import { silentLogger } from '#platform/log/logger.ts'
import type { Logger } from '#platform/log/logger.ts'
import { Journal } from '#storage/journal/journal.ts'
import { openJournalReader } from '#storage/journal/journal-reader.ts'
import type { JournalReader } from '#storage/journal/journal-reader.ts'
import type { FactSource } from '#storage/journal/fact-source.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { Replica } from '#storage/replica/replica.ts'
import type { ReplicaStatus } from '#storage/replica/replica.ts'
import { MIGRATIONS_DIRECTORY } from './postgres.ts'

/** A real journal in a folder of its own, with a reader as the replica's thread has it. */
export class TestJournal {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bot-trading-journal-'))
  readonly path = join(this.#folder, 'journal.db')
  readonly writer = new Journal({ path: this.path })
  readonly reader: JournalReader = openJournalReader(this.path)

  append(facts: readonly Fact[]): number {
    return this.writer.append(facts)
  }

  [Symbol.dispose](): void {
    this.reader.close()
    this.writer.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A replica that runs until it is disposed of. */
export class RunningReplica {
  readonly replica: Replica
  readonly seen: ReplicaStatus[] = []
  readonly #run: Promise<void>

  constructor(options: {
    readonly source: FactSource
    readonly connection?: PgConnection
    readonly batchFacts?: number
    readonly pastSeq?: number
    readonly logger?: Logger
  }) {
    this.replica = new Replica({
      migrationsDirectory: MIGRATIONS_DIRECTORY,
      clock: systemClock,
      random: () => 0,
      logger: silentLogger,
      onStatus: (status) => this.seen.push(status),
      ...options,
    })
    this.#run = this.replica.run()
    this.#run.catch(() => undefined)
  }

  /** Resolves when the condition holds; fails with the last status after `deadlineMs`. */
  async until(condition: (status: ReplicaStatus) => boolean, deadlineMs = 60_000): Promise<ReplicaStatus> {
    const deadline = performance.now() + deadlineMs
    for (;;) {
      const status = this.replica.status()
      if (condition(status)) return status
      if (performance.now() > deadline) throw new Error(`it did not come about: ${JSON.stringify(status)}`)
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 5)), this.#run])
    }
  }

  /** All facts up to `seq` are in Postgres. */
  caughtUp(seq: number, deadlineMs?: number): Promise<ReplicaStatus> {
    return this.until((status) => status.state === 'streaming' && status.seq === seq, deadlineMs)
  }

  async stop(deadlineMs = 0): Promise<ReplicaStatus> {
    this.replica.stop(deadlineMs)
    await this.#run
    return this.replica.status()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
