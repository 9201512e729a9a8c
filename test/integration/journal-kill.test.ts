import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Journal } from '#storage/journal/journal.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'

const KILLS = 20
const APPENDER = fileURLToPath(new URL('../support/engine/journal-appender.ts', import.meta.url))

/** Starts the appender, kills it by SIGKILL after a while, and gives back the last sequence it acknowledged. */
async function killedAppender(path: string, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [APPENDER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8')
  const started = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: string) => {
      text += chunk
      resolve()
    })
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await Promise.race([started, closed])
  setTimeout(() => child.kill('SIGKILL'), afterMs)
  await closed
  expect(child.signalCode).toBe('SIGKILL')
  // A line cut by the kill is no acknowledgement.
  return Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1))
}

it(`after ${KILLS} kills every acknowledged record is there and the chain is whole`, async () => {
  using directory = temporaryDirectory()
  const path = directory.join('journal.db')
  let before = 0
  for (let kill = 0; kill < KILLS; kill += 1) {
    const acknowledged = await killedAppender(path, (kill * 17) % 90)
    const journal = new Journal({ path })
    expect(journal.head, `kill ${kill}`).toBeGreaterThanOrEqual(acknowledged)
    expect(acknowledged, `kill ${kill}: goes on where it was`).toBeGreaterThanOrEqual(before)
    before = journal.head
    let next = 1
    for (const { seq, fact } of journal.verified(0)) {
      expect([seq, fact.ts]).toEqual([next, next])
      next += 1
    }
    expect(next - 1).toBe(journal.head)
    for (const { seq, body } of journal.readSnapshots()) expect(body).toBe(`state at ${seq}`)
    journal.close()
  }
  expect(before).toBeGreaterThan(KILLS)
})
