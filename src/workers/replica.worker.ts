import { parentPort, type MessagePort } from 'node:worker_threads'
import type { Pool } from 'pg'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { openJournalReader, type JournalReader } from '#storage/journal/journal-reader.ts'
import { createPool, type PgConnection } from '#storage/postgres/connection.ts'
import { readHistory } from '#storage/postgres/history.ts'
import { Replica } from '#storage/replica/replica.ts'
import { StatusNotices } from '#storage/replica/status-notices.ts'
import type { FromReplica, HeadNotice, ToReplica } from './replica.messages.ts'

if (parentPort === null) throw new Error('replica.worker.ts runs in a worker thread only')
const control: MessagePort = parentPort

type Init = Extract<ToReplica, { readonly type: 'Init' }>
type Request = Extract<ToReplica, { readonly type: 'History' }>
type LogLevel = Extract<FromReplica, { readonly type: 'Log' }>['level']

/** A bound, not a wish: main asks for one page at a time of each list. */
const HISTORY_REQUESTS_MAX = 64
const POOL_END_DEADLINE_MS = 1_000

function say(message: FromReplica): void {
  control.postMessage(message)
}

function makeLogger(component: string): Logger {
  const at = (level: LogLevel) => (fields: object, message: string) => say({ type: 'Log', level, component, fields, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (bindings) => makeLogger(bindings.component) }
}

const logger = makeLogger('replica')
const notices = new StatusNotices((status) => say({ type: 'ReplicaStatus', ...status }))
let journal: JournalReader | undefined
let replica: Replica | undefined
let running: Promise<void> = Promise.resolve()
let pool: Pool | undefined
let headPort: MessagePort | undefined
let historyRequests = 0
let isStopping = false

function start(init: Init): void {
  if (init.connection === 'none') {
    notices.notice({
      state: 'disabled',
      since: systemClock.now(),
      reason: 'Postgres is switched off',
      seq: 0,
      head: 0,
      lag: 0,
      shipped: 0,
      reconnects: 0,
    })
    return
  }
  try {
    journal = openJournalReader(init.journalPath)
    if (init.connection !== undefined) pool = createPool(init.connection, 'bot-trading history', logger)
    replica = new Replica({
      source: journal,
      connection: init.connection,
      pastSeq: init.pastSeq,
      migrationsDirectory: init.migrationsDirectory,
      clock: systemClock,
      random: Math.random,
      logger,
      onStatus: (status) => notices.notice(status),
    })
  } catch (error) {
    say({
      type: 'Failed',
      code: error instanceof AppError ? error.code : 'BUG',
      message: error instanceof Error ? error.message : String(error),
    })
    return
  }
  notices.notice(replica.status())
  running = replica.run()
}

async function connect(connection: PgConnection): Promise<void> {
  const old = pool
  pool = createPool(connection, 'bot-trading history', logger)
  replica?.connect(connection)
  await endPool(old)
}

async function endPool(old: Pool | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, POOL_END_DEADLINE_MS)
  })
  await Promise.race([old?.end(), deadline])
  clearTimeout(timer)
}

async function answer({ requestId, query }: Request): Promise<void> {
  historyRequests += 1
  try {
    if (historyRequests > HISTORY_REQUESTS_MAX)
      throw new AppError('QUEUE_FULL', 'Too many questions about the past wait already. Ask again in a moment.')
    if (pool === undefined)
      throw new AppError('POSTGRES_UNREACHABLE', 'There is no Postgres to ask. Rows older than memory cannot be shown.')
    say({ type: 'HistoryAnswer', requestId, ok: true, page: await readHistory(pool, query) })
  } catch (error) {
    // A bug must reach the supervisor as one; a failure is an answer.
    if (!(error instanceof AppError)) throw error
    say({ type: 'HistoryAnswer', requestId, ok: false, code: error.code, message: error.message })
  } finally {
    historyRequests -= 1
  }
}

async function stop(deadlineMs: number): Promise<void> {
  if (isStopping) return
  isStopping = true
  replica?.stop(deadlineMs)
  await running
  notices.close()
  await endPool(pool)
  const status = replica?.status()
  say({ type: 'Stopped', seq: status?.seq ?? 0, lag: status?.lag ?? 0 })
  journal?.close()
  headPort?.close()
  control.close()
}

function attachHeads(port: MessagePort): void {
  headPort?.close()
  headPort = port
  port.on('message', (notice: HeadNotice) => replica?.notifyHead(notice.seq))
}

control.on('message', (message: ToReplica) => {
  switch (message.type) {
    case 'Init':
      return start(message)
    case 'Connect':
      void connect(message.connection)
      return
    case 'AttachHeads':
      return attachHeads(message.port)
    case 'Head':
      return replica?.notifyHead(message.seq)
    case 'History':
      void answer(message)
      return
    case 'Ping':
      return say({ type: 'Pong', id: message.id })
    case 'Stop':
      void stop(message.deadlineMs)
      return
  }
})
