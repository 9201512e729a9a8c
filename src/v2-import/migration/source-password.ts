import { type DatabaseConfig, resolvePostgres } from '#storage/postgres/connection.ts'
import { isPostgresAddress } from './open-migration.ts'

/**
 * A password in the address can be seen in the list of processes, so it may come from PGPASSWORD: where that is not the password of our
 * own external database.
 */
export function withPassword(source: string, env: Readonly<Record<string, string | undefined>>, config: DatabaseConfig): string {
  const password = env['PGPASSWORD']
  const url = isPostgresAddress(source) ? URL.parse(source) : null
  if (url === null || url.password !== '' || !password || resolvePostgres({ env, config }).kind !== 'embedded') return source
  url.password = encodeURIComponent(password)
  return url.href
}
