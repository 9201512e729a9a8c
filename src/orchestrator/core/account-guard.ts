import type { Clock } from '#platform/clock.ts'
import { AccountLease, HEARTBEAT_MS, type LeasedAccount } from '#platform/lease/account-lease.ts'
import type { LockFile } from '#platform/lease/lock-file.ts'
import type { RemoteLock } from '#platform/lease/remote-lock.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { ComponentBoard } from '../component-board.ts'

const COMPONENT = 'lease'

export interface AccountGuardOptions {
  /** Absent: nothing is leased, only the data directory is watched. */
  readonly account: LeasedAccount | undefined
  readonly leases: string
  readonly dataDirectory: string
  readonly directoryLock: LockFile
  readonly remote?: RemoteLock | undefined
  readonly clock: Clock
  readonly board: ComponentBoard
  readonly logger: Logger
  /** Within one heartbeat of the loss. */
  readonly onLost: (why: string) => void
}

/**
 * Knows whether this workstation may send orders. It may while it holds its data directory and the lease of its account. Once
 * it may not, it never may again in this life: the other one owns the orders, and only a person can say that it is gone.
 */
export class AccountGuard {
  readonly #options: AccountGuardOptions
  #lease: AccountLease | undefined
  #shadow: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: AccountGuardOptions) {
    this.#options = options
  }

  /** Why nothing may be sent, in sentences; undefined while orders may go out. */
  get shadow(): string | undefined {
    return this.#shadow
  }

  /** Number of the account's lease; 0 without an account. */
  get fence(): number {
    return this.#lease?.fence ?? 0
  }

  /** Tries to become the holder. Not getting it is no failure: the workstation then runs in shadow mode. */
  async start(): Promise<void> {
    const { account } = this.#options
    if (account !== undefined) await this.#takeLease(account)
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS)
    this.#beat()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#lease?.release()
    this.#options.directoryLock.release()
  }

  async #takeLease(account: LeasedAccount): Promise<void> {
    const { leases, dataDirectory, remote, clock } = this.#options
    try {
      const answer = await AccountLease.take({ ...account, leases, dataDirectory, remote, now: clock.now() })
      if ('heldBy' in answer) return this.#enter(`The ${account.exchange} account is held by ${answer.heldBy}.`)
      this.#lease = answer.lease
      answer.lease.watch((why) => this.#lose(`The lease of the ${account.exchange} account was lost: ${why}.`))
    } catch (error) {
      // Not knowing who holds the account is not holding it.
      this.#enter(`Who holds the ${account.exchange} account cannot be known: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #beat(): void {
    const why = this.#lossOfDirectory()
    if (why !== undefined) {
      clearInterval(this.#timer)
      this.#lose(`The lock of the data directory was lost: ${why}.`)
    }
    const { account, board } = this.#options
    if (account !== undefined && this.#shadow === undefined)
      board.see(COMPONENT, 'running', `the ${account.exchange} account is held here, lease ${this.fence}`)
  }

  #lossOfDirectory(): string | undefined {
    try {
      return this.#options.directoryLock.check()
    } catch (error) {
      return `its file cannot be read: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  #lose(why: string): void {
    if (this.#shadow !== undefined) return
    this.#enter(why)
    this.#options.onLost(why)
  }

  #enter(why: string): void {
    this.#shadow = why
    const { board, logger } = this.#options
    logger.error({ component: COMPONENT }, `Shadow mode: ${why}`)
    board.see(COMPONENT, 'degraded', `SHADOW MODE, no order is sent. ${why} To trade here, stop the other one and start this one again.`)
  }
}
