import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFile } from './paths.ts'
import { runNode } from './run-node.ts'

const FETCH_DEADLINE_MS = 300_000

const EXECUTABLES: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
}

/** Path of the Electron program, or null. Never by importing `electron`: in plain Node that starts a download. */
export function findElectron(): string | null {
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  const pathFile = packageFile('electron/path.txt')
  const executable = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : (EXECUTABLES[process.platform] ?? 'electron')
  const file = join(override ?? packageFile('electron/dist'), executable)
  return existsSync(file) ? file : null
}

/** Electron 45 comes without its runtime; the package's own installer fetches it once and checks its sums. */
export async function fetchElectron(): Promise<string | null> {
  if (process.env['ELECTRON_SKIP_BINARY_DOWNLOAD'] !== undefined) return null
  process.stderr.write('Fetching the Electron runtime, once, about 110 MB…\n')
  await runNode([packageFile('electron/install.js')], { deadlineMs: FETCH_DEADLINE_MS })
  return findElectron()
}

/** Why no window can be opened on this machine, or null if one can. */
export function whyNoDisplay(): string | null {
  if (process.platform === 'win32' || process.platform === 'darwin') return null
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  if ((DISPLAY ?? '') === '' && (WAYLAND_DISPLAY ?? '') === '') return 'there is no display (DISPLAY and WAYLAND_DISPLAY are empty)'
  if (process.getuid?.() === 0) return 'Electron keeps its sandbox and so does not run as root'
  return null
}
