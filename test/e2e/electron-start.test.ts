import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/build.ts'
import { ROOT } from '../../scripts/paths.ts'

const READY_MS = 60_000
const dataDir = mkdtempSync(join(tmpdir(), 'bot-trading-start-'))
beforeAll(() => ensureBuilt())
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

/** Starts a script of `package.json` without a display, waits for its ready line, and sends it away. */
async function startAndLeave(script: string, ...args: string[]) {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...env } = process.env
  const child = spawn(process.execPath, [join(ROOT, 'scripts', script), '--no-postgres', '--data-dir', dataDir, ...args], {
    cwd: tmpdir(),
    env,
  })
  let stdout = ''
  let stderr = ''
  const left = new Promise<number | null>((resolve) => child.once('close', resolve))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')))
  const ready = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not ready: ${stdout}${stderr}`)), READY_MS)
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8')
      if (!stdout.includes('\n')) return
      clearTimeout(late)
      resolve()
    })
    child.once('close', () => {
      clearTimeout(late)
      reject(new Error(`ended: ${stdout}${stderr}`))
    })
  })
  try {
    await ready
  } finally {
    child.kill('SIGTERM')
  }
  return { exitCode: await left, line: JSON.parse(stdout) as Record<string, unknown>, stderr, pid: child.pid }
}

test.skipIf(process.platform !== 'linux')('npm start without a display says why in one line and runs headless', async () => {
  const { exitCode, line, stderr } = await startAndLeave('start.ts', '--port', '0')
  expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^No desktop window: there is no display .*headless/)])
  expect(line).toMatchObject({ event: 'ready', version: '3.0.0' })
  expect(exitCode).toBe(0)
})

test('npm run headless is the workstation itself: one line on stdout, its own pid, a clean end', async () => {
  const { exitCode, line, stderr, pid } = await startAndLeave('serve.ts', '--port', '0')
  expect(line).toMatchObject({ event: 'ready', pid, postgres: null })
  expect(line['url']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
})
