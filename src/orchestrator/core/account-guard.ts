import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import { AccountLease, HEARTBEAT_MS, type LeasedAccount } from '#platform/lease/account-lease.ts'
import type { LockFile } from '#platform/lease/lock-file.ts'
import { type ClaimPlace, readV2Claim, removeV2Claim, type V2Claim, writeV2Claim } from '#platform/lease/v2-claim.ts'
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
    const claim = this.v2Claim
    if (claim !== undefined) this.#enter(wordsOf(claim))
    else if (account !== undefined) await this.#takeLease(account)
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS)
    this.#beat()
  }

  /** Whether somebody said that version 2 trades the account. */
  get v2Claim(): V2Claim | undefined {
    const place = this.#claimPlace()
    return place === undefined ? undefined : readV2Claim(place)
  }

  /** From now on nothing is sent, here or by any other workstation of this user, until it is taken back. Throws `AppError`. */
  async leaveToV2(claim: V2Claim): Promise<void> {
    await writeV2Claim(this.#neededPlace(), claim)
    this.#lose(wordsOf(claim))
  }

  /** The next start may trade again; this one stays in shadow mode, as with every loss. Throws `AppError`. */
  takeFromV2(): void {
    removeV2Claim(this.#neededPlace())
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

  #claimPlace(): ClaimPlace | undefined {
    const { account, leases } = this.#options
    return account === undefined ? undefined : { account, leases }
  }

  #neededPlace(): ClaimPlace {
    const place = this.#claimPlace()
    if (place !== undefined) return place
    throw new AppError('CONFLICT', 'This workstation trades invented money, which version 2 cannot be at. Nothing was changed.')
  }

  #beat(): void {
    const claim = this.#shadow === undefined ? this.v2Claim : undefined
    if (claim !== undefined) this.#lose(wordsOf(claim))
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

function wordsOf({ by, since, reason }: V2Claim): string {
  const when = since === 0 ? '' : ` since ${new Date(since).toISOString()}`
  return `Version 2 is said to trade this account${when} (by ${by}: ${reason}).`
}
