import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '../durable-file.ts'
import { leaseKey, type LeasedAccount } from './account-lease.ts'

const PRIVATE_MODE = 0o700

const claim = z.strictObject({ since: z.number().int(), by: z.string(), reason: z.string() })
/** Somebody says that version 2 trades the account: it takes no lease, so its word is all there is. */
export type V2Claim = z.infer<typeof claim>

export interface ClaimPlace {
  /** See `leaseDirectory`. */
  readonly leases: string
  readonly account: LeasedAccount
}

/**
 * What stands beside the lease of the account, for every workstation of this user. A claim that cannot be read holds: nobody knows then whether
 * version 2 trades.
 */
export function readV2Claim(place: ClaimPlace): V2Claim | undefined {
  let text: string
  try {
    text = readFileSync(pathOf(place), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    return unreadable(error)
  }
  try {
    return claim.parse(JSON.parse(text))
  } catch (error) {
    return unreadable(error)
  }
}

/** Throws `AppError`; then it does not stand. */
export async function writeV2Claim(place: ClaimPlace, what: V2Claim): Promise<void> {
  mkdirSync(place.leases, { recursive: true, mode: PRIVATE_MODE })
  await writeDurably(pathOf(place), Buffer.from(`${JSON.stringify(what)}\n`))
}

export function removeV2Claim(place: ClaimPlace): void {
  rmSync(pathOf(place), { force: true })
}

function pathOf({ leases, account }: ClaimPlace): string {
  return join(leases, `${leaseKey(account)}.v2.json`)
}

function unreadable(error: unknown): V2Claim {
  return {
    since: 0,
    by: 'nobody known',
    reason: `the note of it cannot be read: ${error instanceof Error ? error.message : String(error)}`,
  }
}
