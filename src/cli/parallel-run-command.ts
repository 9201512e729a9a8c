import { parseArgs } from 'node:util'
import { z } from 'zod'
import { CHECKLIST_STRATEGY } from '#contract/checklist.ts'
import { page } from '#contract/requests.ts'
import { signalView, traderView } from '#contract/views.ts'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import { pause } from '#platform/deadline.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import type { OwnSignal } from '#v2-import/parallel-run/observed-signal.ts'
import { parallelJson, type ParallelReport } from '#v2-import/parallel-run/parallel-run.ts'
import { Shadow } from '#v2-import/parallel-run/shadow.ts'
import { parsePostgresUrl } from '#v2-import/sources/postgres/live-connection.ts'
import { EXIT, type ExitCode, UsageError } from './exit.ts'
import { type Address, AnsweredNo, call, findWorkstation } from './running-workstation.ts'

const LOOK_EVERY_MS = 5_000
const SIGNALS_A_PAGE = 1_000
const PAGES_MAX = 50
const traders = z.object({ items: z.array(traderView) })
const signals = page(signalView)

export interface ParallelTerminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

interface Line {
  readonly source: string
  readonly timeZone: string | undefined
  readonly windowMs: number
  readonly sameTimeMs: number
  readonly sameSizeBps: number
  readonly forMs: number
  readonly sinceMs: number | undefined
  readonly json: boolean
  readonly url: string | undefined
  readonly token: string | undefined
  readonly dataDir: string | undefined
}

/** `parallel-run`: follows what version 2 writes and what the running workstation decides, and compares. Writes to neither. Ends with Ctrl-C or --for. */
export async function runParallelCommand(args: readonly string[], terminal: ParallelTerminal): Promise<ExitCode> {
  const line = readLine(args)
  const leave = new AbortController()
  const stop = (): void => leave.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    const address = findWorkstation(line, terminal.env)
    const report = await follow(line, address, leave.signal)
    terminal.stdout.write(line.json ? `${JSON.stringify(parallelJson(report))}\n` : textOf(report))
    return EXIT.done
  } catch (error) {
    if (!(error instanceof AppError) && !(error instanceof AnsweredNo)) throw error
    terminal.stderr.write(`${error.message}\n`)
    return EXIT.failed
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

async function follow(line: Line, address: Address, signal: AbortSignal): Promise<ParallelReport> {
  const { windowMs, sameTimeMs, sameSizeBps } = line
  const shadow = new Shadow({
    target: parsePostgresUrl(line.source),
    plan: planOf({ timeZone: line.timeZone }),
    rules: { windowMs, sameTimeMs, sameSizeBps },
    since: line.sinceMs,
    now: systemClock.now(),
    ours: async (since) => {
      const { items } = await call(address, { method: 'GET', path: '/traders', output: traders })
      return { signals: await signalsSince(address, since), symbols: items.flatMap(({ symbols }) => symbols) }
    },
  })
  const began = systemClock.elapsed()
  for (;;) {
    const isMore = await shadow.look(systemClock.now())
    if (signal.aborted || (!isMore && systemClock.elapsed() - began >= line.forMs)) return shadow.report()
    if (!isMore) await pause(Math.min(LOOK_EVERY_MS, line.forMs), signal)
  }
}

async function signalsSince(address: Address, since: number): Promise<readonly OwnSignal[]> {
  const found: OwnSignal[] = []
  let cursor: string | null = ''
  for (let pages = 0; cursor !== null && pages < PAGES_MAX; pages += 1) {
    const next: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { items, next_cursor }: z.infer<typeof signals> = await call(address, {
      method: 'GET',
      path: `/signals?limit=${SIGNALS_A_PAGE}${next}`,
      output: signals,
    })
    found.push(...items.filter(({ ts, strategy }) => ts >= since && strategy !== CHECKLIST_STRATEGY))
    cursor = (items.at(-1)?.ts ?? 0) < since ? null : next_cursor
  }
  if (cursor === null) return found
  throw new AppError(
    'REFUSED',
    `There are more than ${PAGES_MAX * SIGNALS_A_PAGE} signals since ${new Date(since).toISOString()}. They were not compared. Give a later --since.`,
  )
}

function textOf({ counts, pending, unreadable, rows, limits }: ParallelReport): string {
  const lines = [
    Object.entries(counts)
      .map(([verdict, count]) => `${verdict} ${count}`)
      .join(', '),
    `${pending.v2} of version 2 and ${pending.v3} of version 3 wait for their partner; ${unreadable} rows of version 2 are no signal`,
    ...limits,
    '',
    ...rows.map(({ verdict, v2, v3, cause }) => {
      const one = v2 ?? v3
      return `${new Date(one?.ts ?? 0).toISOString()}  ${verdict.padEnd(14)}  ${one?.direction ?? ''} ${one?.symbol ?? ''}: ${cause}`
    }),
  ]
  return `${lines.join('\n')}\n`
}

function readLine(args: readonly string[]): Line {
  const text = { type: 'string' } as const
  let values
  try {
    values = parseArgs({
      args: [...args],
      options: {
        source: text,
        'time-zone': text,
        'window-s': text,
        'same-time-s': text,
        'same-size-bps': text,
        for: text,
        since: text,
        url: text,
        token: text,
        'data-dir': text,
        config: text,
        json: { type: 'boolean' },
      },
      strict: true,
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
  const { source, url, token, since } = values
  if (source === undefined) throw new UsageError('parallel-run needs --source postgres://USER:PASSWORD@HOST:PORT/DATABASE of version 2.')
  const sinceMs = since === undefined ? undefined : Date.parse(since)
  if (Number.isNaN(sinceMs)) throw new UsageError(`--since is a time such as 2024-03-01T10:00:00Z, not ${since}.`)
  return {
    source,
    url,
    token,
    sinceMs,
    timeZone: values['time-zone'],
    windowMs: seconds(values['window-s'], 900) * 1_000,
    sameTimeMs: seconds(values['same-time-s'], 60) * 1_000,
    sameSizeBps: Math.round(seconds(values['same-size-bps'], 50)),
    forMs: values.for === undefined ? Number.POSITIVE_INFINITY : seconds(values.for, 0) * 1_000,
    json: values.json === true,
    dataDir: values['data-dir'],
  }
}

function seconds(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new UsageError(`${text} is no number that is zero or more.`)
}
