import { appendFileSync } from 'node:fs'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '#domain/errors.ts'
import { lockDataDirectory } from '#platform/data-directory.ts'
import { AccountLease } from '#platform/lease/account-lease.ts'

// One of two programs that want the same data directory and the same account. It waits for a word on stdin, then tries until it
// gets each of them or its time is over, and writes into a log that both share what it holds, as long as it does.

export interface ContenderPlan {
  readonly dataDir: string
  readonly leases: string
  readonly log: string
  readonly delayMs: number
  readonly holdMs: number
  readonly tryMs: number
}

const BEAT_MS = 2
const RETRY_MS = 3
const plan = JSON.parse(process.argv[2] ?? '') as ContenderPlan

type Taken = { readonly fence: number; readonly release: () => Promise<void> | void }

/** One short line at a time, appended: the order of the lines is the order in which they were written, over all processes. */
const say = (what: string, word: string, fence: number): void => appendFileSync(plan.log, `${what} ${word} ${fence} ${process.pid}\n`)

function takeDirectory(): Taken | undefined {
  try {
    const lock = lockDataDirectory(plan.dataDir, Date.now())
    return { fence: lock.fence, release: () => lock.release() }
  } catch (error) {
    if (error instanceof AppError && error.code === 'DATA_DIR_LOCKED') return undefined
    throw error
  }
}

async function takeAccount(): Promise<Taken | undefined> {
  const account = { exchange: 'bybit', apiKey: 'one key', leases: plan.leases, dataDirectory: `of ${process.pid}`, now: Date.now() }
  const answer = await AccountLease.take(account)
  return 'lease' in answer ? { fence: answer.lease.fence, release: () => answer.lease.release() } : undefined
}

async function contend(what: string, take: () => Taken | undefined | Promise<Taken | undefined>): Promise<void> {
  const until = performance.now() + plan.tryMs
  let taken = await take()
  while (taken === undefined && performance.now() < until) {
    await pause(RETRY_MS)
    taken = await take()
  }
  if (taken === undefined) return
  say(what, 'begin', taken.fence)
  for (const since = performance.now(); performance.now() - since < plan.holdMs; ) {
    await pause(BEAT_MS)
    say(what, 'beat', taken.fence)
  }
  say(what, 'end', taken.fence)
  await taken.release()
}

process.stdout.write('ready\n')
await once(process.stdin, 'data')
await pause(plan.delayMs)
await Promise.all([contend('directory', takeDirectory), contend('account', takeAccount)])
process.stdin.destroy()
