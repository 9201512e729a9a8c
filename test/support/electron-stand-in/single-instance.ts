import { existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The lock of Electron as far as two processes of a test need it: a file with the owner's process id, and a knock for later ones. */
export function takeInstanceLock(folder: string, onSecondInstance: () => void): boolean {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'stand-in-instance.lock')
  const knock = join(folder, 'stand-in-instance.knock')
  if (existsSync(file) && isAlive(Number(readFileSync(file, 'utf8')))) {
    writeFileSync(knock, String(process.pid))
    return false
  }
  writeFileSync(file, String(process.pid))
  rmSync(knock, { force: true })
  const watcher = watch(folder, (_event, name) => {
    if (name === 'stand-in-instance.knock') onSecondInstance()
  })
  watcher.unref()
  process.once('exit', () => rmSync(file, { force: true }))
  return true
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
