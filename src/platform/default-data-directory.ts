import { homedir } from 'node:os'
import { join } from 'node:path'

const FOLDER = 'bot-trading'

/** Where the data lies when nobody says: the platform's place for user data. */
export function defaultDataDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), FOLDER)
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', FOLDER)
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), FOLDER)
}
