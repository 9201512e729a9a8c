import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runProgram } from './run-node.ts'

const INSTALL_DEADLINE_MS = 600_000
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'msedge']
const USUAL_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/** A Chromium for the browser tests: `CHROMIUM_PATH`, else one on the PATH or in the usual place. Null where there is none. */
export function findChromium(): string | null {
  const asked = process.env['CHROMIUM_PATH']
  if (asked !== undefined && asked !== '') return isExecutable(asked) ? asked : null
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, process.platform === 'win32' ? `${name}.exe` : name)))
  return [...onPath, ...USUAL_PLACES].find(isExecutable) ?? null
}

/** Finds a Chromium or, as root on Debian, installs the one of the distribution. Says what it does; answers null with the reason said. */
export async function findOrInstallChromium(say: (line: string) => void): Promise<string | null> {
  const found = findChromium()
  if (found !== null) return found
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    say('Browser tests are skipped: no Chromium was found (set CHROMIUM_PATH, or install one, e.g. `apt-get install chromium`).')
    return null
  }
  say('No Chromium found; installing it with apt-get install -y chromium.')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await runProgram('apt-get', ['update'], { deadlineMs: INSTALL_DEADLINE_MS, env })
  const run = await runProgram('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
    deadlineMs: INSTALL_DEADLINE_MS,
    env,
  })
  const installed = findChromium()
  if (installed === null)
    say(`Browser tests are skipped: apt-get could not install Chromium (${run.output.trim().split('\n').at(-1) ?? ''}).`)
  return installed
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
