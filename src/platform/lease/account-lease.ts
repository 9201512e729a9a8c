import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describeHolder, LockFile } from './lock-file.ts'
import type { RemoteLock } from './remote-lock.ts'

/** How often a holder looks whether it still is one. */
export const HEARTBEAT_MS = 1_000
const PRIVATE_MODE = 0o700

/** A live account: who may trade it is decided by exchange and key together. */
export interface LeasedAccount {
  readonly exchange: string
  readonly apiKey: string
}

export interface AccountLeaseOptions extends LeasedAccount {
  /** See `leaseDirectory`. */
  readonly leases: string
  readonly dataDirectory: string
  /** UTC milliseconds. */
  readonly now: number
  /** Where machines share a database, the lock in it. */
  readonly remote?: RemoteLock | undefined
}

export type LeaseAnswer = { readonly lease: AccountLease } | { readonly heldBy: string }

/** Names the account without telling the key: it appears in file names and in a shared database. */
export function leaseKey({ exchange, apiKey }: LeasedAccount): string {
  return hash('sha256', `${exchange}\n${apiKey}`, 'hex')
}

/**
 * The right to send orders to one account: one holder at a time over all data directories of this user and, with a remote lock,
 * over all machines that share it. Whoever does not get it, or loses it, must send nothing.
 */
export class AccountLease {
  /** Rises with each holder on this machine. Part of the order ids. */
  readonly fence: number
  readonly #lock: LockFile
  readonly #remote: RemoteLock | undefined
  #timer: NodeJS.Timeout | undefined
  #checking = false
  #lost: string | undefined

  private constructor(lock: LockFile, remote: RemoteLock | undefined) {
    this.fence = lock.fence
    this.#lock = lock
    this.#remote = remote
  }

  /** Tries once; `heldBy` says in words who has it. A remote lock that cannot be asked throws, and nothing is held then. */
  static async take(options: AccountLeaseOptions): Promise<LeaseAnswer> {
    const { leases, dataDirectory, remote, now } = options
    const key = leaseKey(options)
    mkdirSync(leases, { recursive: true, mode: PRIVATE_MODE })
    const taken = LockFile.take(join(leases, `${key}.lock`), { directory: dataDirectory, now })
    if (!('lock' in taken))
      return { heldBy: taken.holder === undefined ? 'another instance on this machine' : describeHolder(taken.holder) }
    try {
      const elsewhere = await remote?.take(key)
      if (elsewhere === undefined) return { lease: new AccountLease(taken.lock, remote) }
      taken.lock.release()
      return { heldBy: elsewhere }
    } catch (error) {
      taken.lock.release()
      throw error
    }
  }

  /** Why it is lost; undefined while it is held. A lost lease never comes back. */
  get lost(): string | undefined {
    return this.#lost
  }

  /** Looks now, and then once each heartbeat; tells of the loss once. */
  watch(onLost: (why: string) => void): void {
    const look = (): void => {
      if (this.#checking) return
      this.#checking = true
      void this.check().then((why) => {
        this.#checking = false
        if (why === undefined || this.#timer === undefined) return
        this.#stopWatching()
        onLost(why)
      })
    }
    this.#timer ??= setInterval(look, HEARTBEAT_MS)
    look()
  }

  /** Whether it is still held; why not, if not. Never throws: what cannot be seen is lost. */
  async check(): Promise<string | undefined> {
    this.#lost ??= this.#checkFile() ?? (await this.#remote?.check())
    return this.#lost
  }

  async release(): Promise<void> {
    this.#stopWatching()
    this.#lost ??= 'it was given back'
    this.#lock.release()
    await this.#remote?.release()
  }

  #checkFile(): string | undefined {
    try {
      return this.#lock.check()
    } catch (error) {
      return `its file cannot be read: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  #stopWatching(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
