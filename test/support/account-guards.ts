import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ComponentBoard } from '#orchestrator/component-board.ts'
import { AccountGuard, type AccountGuardOptions } from '#orchestrator/core/account-guard.ts'
import { systemClock } from '#platform/clock.ts'
import { lockDataDirectory } from '#platform/data-directory.ts'
import { HEARTBEAT_MS } from '#platform/lease/account-lease.ts'
import { silentLogger } from '#platform/log/logger.ts'

export const ACCOUNT = { exchange: 'bybit', apiKey: 'a key' }

/** Guards of one user's account, each with a data directory of its own, in a folder that goes away with them. */
export class AccountGuards implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'account-guards-'))
  readonly leases = join(this.root, 'leases')
  #directories = 0

  make(change: Partial<AccountGuardOptions> = {}) {
    const dataDirectory = mkdtempSync(join(this.root, `${(this.#directories += 1)}-`))
    const board = new ComponentBoard(systemClock, () => undefined)
    const lost: string[] = []
    const guard = new AccountGuard({
      account: ACCOUNT,
      leases: this.leases,
      dataDirectory,
      directoryLock: lockDataDirectory(dataDirectory, 1),
      clock: systemClock,
      board,
      logger: silentLogger,
      onLost: (why) => lost.push(why),
      ...change,
    })
    return { guard, board, lost, dataDirectory, row: () => board.rows().find(({ name }) => name === 'lease') }
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true })
  }
}

export const heartbeat = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS + 300))
