import type { Config } from '#platform/config/config.ts'
import type { LeasedAccount } from '#platform/lease/account-lease.ts'
import type { RemoteLock } from '#platform/lease/remote-lock.ts'
import { AdvisoryLock } from '#storage/postgres/advisory-lock.ts'
import { resolvePostgres } from '#storage/postgres/connection.ts'
import type { Account } from '../account.ts'

/** Only where a person says that machines share the database: the lease is lost with its connection. */
export function sharedLock({
  config,
  env,
}: {
  readonly config: Config
  readonly env: Readonly<Record<string, string | undefined>>
}): RemoteLock | undefined {
  const target = config.database.account_lease ? resolvePostgres({ env, config: config.database }) : undefined
  return target?.kind === 'external' ? new AdvisoryLock(target.connection) : undefined
}

/** Invented money needs no lease: nobody else can be at it. */
export function leasedAccount({ exchange, start }: Account): LeasedAccount | undefined {
  return start.worker === 'venue' ? { exchange, apiKey: start.credentials.apiKey } : undefined
}
