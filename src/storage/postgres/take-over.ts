import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '#domain/errors.ts'
import type { Logger } from '#platform/log/logger.ts'
import { connectClient } from './connection.ts'
import type { PgConnection } from './connection.ts'
import { adoptPostmaster, identify, pidExists, processesOf, readPidFile } from './postmaster.ts'
import type { PidFile, Postmaster } from './postmaster.ts'
import type { ServerHome } from './server-home.ts'

const POLL_MS = 30
/** How long a server found starting or stopping may take to make up its mind. */
const SETTLE_DEADLINE_MS = 15_000
const STOP_DEADLINE_MS = 10_000

export interface Leftover {
  readonly postmaster: Postmaster
  readonly port: number
}

/**
 * A server that still runs on our cluster after the program before us was killed. It is adopted when it answers with
 * our password, on a port we accept; otherwise it is stopped. Undefined: nothing runs there, start a new one.
 */
export async function takeOver(home: ServerHome, connection: PgConnection, logger: Logger): Promise<Leftover | undefined> {
  const found = await readPidFile(home.cluster)
  if (found === undefined) return undefined
  const identity = await identify(found.pid, home.cluster)
  if (identity !== 'ours') {
    await waitForOrphans(home)
    await removeStalePidFile(home, found, logger)
    return undefined
  }
  const settled = await settle(home, found, connection)
  if (settled === undefined) return undefined
  const postmaster = adoptPostmaster(home, settled.pid)
  const portAccepted = connection.port === 0 || connection.port === settled.port
  if (settled.answers && portAccepted) {
    logger.info({ pid: settled.pid, port: settled.port }, 'The database server of the last run still runs; it is taken over')
    return { postmaster, port: settled.port }
  }
  logger.info({ pid: settled.pid, port: settled.port }, 'The database server of the last run cannot be used as it is; it is stopped')
  await postmaster.stop(STOP_DEADLINE_MS)
  await waitForOrphans(home)
  return undefined
}

interface Settled extends PidFile {
  readonly answers: boolean
}

/** Waits until the server found answers or is gone. `answers: false`: it did neither in time, or refuses us. */
async function settle(home: ServerHome, found: PidFile, connection: PgConnection): Promise<Settled | undefined> {
  const deadline = performance.now() + SETTLE_DEADLINE_MS
  let current = found
  while (performance.now() < deadline) {
    const answer = await probe({ ...connection, port: current.port, database: 'postgres' })
    if (answer === 'ready') return { ...current, answers: true }
    if (answer === 'refused') return { ...current, answers: false }
    await sleep(POLL_MS)
    const next = await readPidFile(home.cluster)
    if (next === undefined || (await identify(next.pid, home.cluster)) !== 'ours') return undefined
    current = next
  }
  return { ...current, answers: false }
}

/** `refused`: it answers, but not to us. `waiting`: nobody answers yet, or it starts or stops just now. */
export async function probe(connection: PgConnection): Promise<'ready' | 'waiting' | 'refused'> {
  if (connection.port === 0) return 'waiting'
  try {
    const client = await connectClient(connection, 'bot-trading probe')
    await client.end()
    return 'ready'
  } catch (error) {
    return error instanceof AppError && error.code === 'POSTGRES_UNREACHABLE' ? 'waiting' : 'refused'
  }
}

/** Children of a killed postmaster leave by themselves within moments; the shared memory is theirs until then. */
async function waitForOrphans(home: ServerHome): Promise<void> {
  const deadline = performance.now() + SETTLE_DEADLINE_MS
  while ((await processesOf(home.cluster)).length > 0 && performance.now() < deadline) await sleep(POLL_MS)
}

/**
 * A pid that is still in use, by another program or by a dead process nobody has collected, makes Postgres refuse to
 * start. The file goes only when no process at all works in the cluster any more.
 */
async function removeStalePidFile(home: ServerHome, found: PidFile, logger: Logger): Promise<void> {
  if (process.platform !== 'linux' || !pidExists(found.pid)) return
  if ((await processesOf(home.cluster)).length > 0) return
  logger.info({ pid: found.pid }, 'The lock file of the database names a process that is no database server; it is removed')
  await rm(join(home.cluster, 'postmaster.pid'), { force: true })
}
