import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { OUT, packageFile, ROOT } from './paths.ts'
import { runNode } from './run-node.ts'

const STAMP = join(OUT, '.stamp')
const LOCK = packageFile('.cache/bot-trading-build.lock')
const BUILD_DEADLINE_MS = 300_000
const LOCK_POLL_MS = 200

const INPUTS = ['src/**/*', 'package.json', 'package-lock.json', 'electron.vite.config.ts', 'tsconfig*.json']

/** One hash over every file the build reads. */
export function hashInputs(root: string = ROOT): string {
  const files = globSync(INPUTS, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

export function isBuilt(): boolean {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hashInputs()
}

/** Builds `out/` unless it is already what the sources say. Two builds at once wait for each other. */
export async function ensureBuilt(): Promise<void> {
  if (isBuilt()) return
  await withLock(async () => {
    if (isBuilt()) return
    const stamp = hashInputs()
    process.stderr.write('Building… ')
    rmSync(OUT, { recursive: true, force: true })
    const run = await runNode([packageFile('electron-vite/bin/electron-vite.js'), 'build', '--logLevel', 'warn'], {
      deadlineMs: BUILD_DEADLINE_MS,
    })
    if (run.exitCode !== 0) throw new Error(`the build failed; nothing was started.\n${run.output}`)
    writeFileSync(STAMP, stamp)
    process.stderr.write(`done in ${(run.durationMs / 1000).toFixed(1)} s\n`)
  })
}

/** A folder is made by one process only; a lock left behind by a dead one is taken over. */
async function withLock(work: () => Promise<void>): Promise<void> {
  mkdirSync(packageFile('.cache'), { recursive: true })
  const deadline = performance.now() + BUILD_DEADLINE_MS
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (!isOwnerAlive()) rmSync(LOCK, { force: true })
      else if (performance.now() > deadline) throw new Error(`another build holds ${LOCK}`, { cause: error })
      await delay(LOCK_POLL_MS)
    }
  }
  try {
    await work()
  } finally {
    rmSync(LOCK, { force: true })
  }
}

function isOwnerAlive(): boolean {
  try {
    const pid = Number(readFileSync(LOCK, 'utf8'))
    if (pid > 0) process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

if (import.meta.main) {
  await ensureBuilt().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
}
