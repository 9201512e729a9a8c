import { homedir } from 'node:os'
import { join } from 'node:path'

/** Overrides the place of the leases, for tests. */
export const LEASE_DIRECTORY_VARIABLE = 'BOT_TRADING_LEASE_DIR'

/**
 * One place a user, whatever the data directory: two workstations of one person must meet there. The platform's place for what
 * a program must not lose and nobody backs up.
 */
export function leaseDirectory(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform = process.platform): string {
  const given = env[LEASE_DIRECTORY_VARIABLE]
  if (given !== undefined && given !== '') return given
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'bot-trading', 'leases')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'bot-trading-state', 'leases')
  return join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'bot-trading', 'leases')
}
