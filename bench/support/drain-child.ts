import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger } from '#platform/log/logger.ts'
import { ReplicaThread, type ReplicaNews } from '#orchestrator/replica/replica-thread.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { workerUrl } from './workspace.ts'

/** What the parent sends, and what comes back when Postgres has it all. */
export interface DrainOrder {
  readonly journalPath: string
  readonly connection: PgConnection
  readonly head: number
}
export interface DrainResult {
  readonly seconds: number
  readonly rssBeforeBytes: number
  readonly rssPeakBytes: number
}

const MIGRATIONS = join(import.meta.dirname, '../../migrations/postgres')
const SETTLE_MS = 1_500
const SAMPLE_MS = 10

const rssBytes = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1_024

/** A process that has nothing but the replica's thread, as the workstation starts it: Postgres comes back, the backlog drains. */
async function drain({ journalPath, connection, head }: DrainOrder): Promise<DrainResult> {
  let news: ReplicaNews | undefined
  const thread = new ReplicaThread({
    url: workerUrl('replica'),
    journalPath,
    migrationsDirectory: MIGRATIONS,
    connection: undefined,
    logger: silentLogger,
    onStatus: (status) => {
      news = status
    },
  })
  await sleep(SETTLE_MS)
  const rssBeforeBytes = rssBytes()
  let rssPeakBytes = rssBeforeBytes
  const began = performance.now()
  thread.connect(connection)
  while (news?.seq !== head) {
    await sleep(SAMPLE_MS)
    rssPeakBytes = Math.max(rssPeakBytes, rssBytes())
    if (news?.state === 'failed') throw new Error(news.reason)
  }
  const seconds = (performance.now() - began) / 1_000
  await thread.stop(1_000)
  return { seconds, rssBeforeBytes, rssPeakBytes }
}

process.once('message', (order: DrainOrder) => {
  void drain(order).then((result) => process.send?.(result, () => process.disconnect()))
})
