import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { LockFile, type Taken } from './lock-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'lock-file-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const fresh = (): string => join(folder, `${(files += 1)}.lock`)
const take = (path: string): Taken => LockFile.take(path, { directory: folder, now: 7 })
function won(taken: Taken): LockFile {
  if ('lock' in taken) return taken.lock
  throw new Error('it was not won', { cause: taken.cause })
}

/** Another process that takes the lock and says its number; it keeps it until it is killed. */
async function otherProcess(path: string): Promise<{ readonly pid: number; readonly fence: number; readonly kill: () => Promise<void> }> {
  const script = `
    import { LockFile } from ${JSON.stringify(new URL('./lock-file.ts', import.meta.url).href)}
    const taken = LockFile.take(${JSON.stringify(path)}, { directory: 'elsewhere', now: 9 })
    process.stdout.write(String('lock' in taken ? taken.lock.fence : 'refused'))
    setInterval(() => taken, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    pid: child.pid ?? 0,
    fence: Number(said.toString()),
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('one holder at a time, each with the next number', () => {
  const path = fresh()
  const first = won(take(path))
  expect(first.fence).toBe(1)
  expect(first.check()).toBeUndefined()
  expect(take(path)).toMatchObject({ holder: { pid: process.pid, host: hostname(), directory: folder, fence: 1, since: 7 } })
  expect(first.check(), 'a second try in the same process does not shake the first').toBeUndefined()
  first.release()
  expect(first.check()).toContain('given back')
  const second = won(take(path))
  expect(second.fence).toBe(2)
  second.release()
})

test('another process is named; killed, it leaves no lock, and the number goes on', async () => {
  const path = fresh()
  const other = await otherProcess(path)
  expect(other.fence).toBe(1)
  expect(take(path)).toMatchObject({ holder: { pid: other.pid, directory: 'elsewhere' } })
  await other.kill()
  const lock = won(take(path))
  expect(lock.fence).toBe(2)
  expect(lock.check()).toBeUndefined()
  lock.release()
})

test('words of a holder that is dead are not repeated', async () => {
  const path = fresh()
  const other = await otherProcess(path)
  await other.kill()
  const stale = readFileSync(`${path}.json`, 'utf8')
  const lock = won(take(path))
  writeFileSync(`${path}.json`, stale)
  expect(take(path)).toMatchObject({ holder: undefined })
  lock.release()
})

test('a holder whose file was deleted or replaced learns of it', () => {
  const path = fresh()
  const lock = won(take(path))
  renameSync(path, `${path}.moved`)
  expect(lock.check()).toContain('deleted')
  const usurper = won(take(path))
  expect(lock.check()).toContain('replaced')
  expect(usurper.check()).toBeUndefined()
  usurper.release()
  lock.release()
})

test('a holder whose lock the system has dropped learns of the next holder', async () => {
  const path = fresh()
  const lock = won(take(path))
  // Closing any handle of a file drops the process's POSIX locks on it: what a careless copy of the directory would do.
  readFileSync(path)
  const other = await otherProcess(path)
  if (process.platform !== 'win32') {
    expect(other.fence).toBe(2)
    expect(lock.check()).toContain('another process')
  }
  await other.kill()
  lock.release()
})

test('a file of the version before, without a number, begins at 1', () => {
  const path = fresh()
  const db = new Database(path)
  db.exec('CREATE TABLE holder (id INTEGER PRIMARY KEY, pid INTEGER NOT NULL); INSERT INTO holder VALUES (1, 5)')
  db.close()
  const lock = won(take(path))
  expect(lock.fence).toBe(1)
  lock.release()
})

test('what is no lock file is an error, not a loss', () => {
  const path = fresh()
  writeFileSync(path, 'something else altogether, long enough to be read as a header of a database'.repeat(20))
  expect(() => take(path)).toThrow('file is not a database')
})
