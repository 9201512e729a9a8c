import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { startWorkstation } from '#orchestrator/workstation.ts'
import { silentLogger } from '#platform/log/logger.ts'

const folder = mkdtempSync(join(tmpdir(), 'bot-trading-core-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const trap = (name: string): string => join(folder, `${name} dies`)

/** The real threads, each with a trap door: it ends when its file appears, as by a crash. */
function trappedWorkers(): URL {
  const workers = join(folder, 'workers')
  mkdirSync(workers)
  for (const name of ['engine', 'journal', 'exchange', 'trader', 'replica']) {
    const real = pathToFileURL(join(import.meta.dirname, `../../src/workers/${name}.worker.ts`)).href
    writeFileSync(
      join(workers, `${name}.worker.ts`),
      `import { existsSync, rmSync } from 'node:fs'
       import ${JSON.stringify(real)}
       const file = ${JSON.stringify(trap(name))}
       setInterval(() => { if (existsSync(file)) { rmSync(file); process.exit(1) } }, 20).unref()`,
    )
  }
  return pathToFileURL(`${workers}/`)
}

it('an engine, its journal or an exchange that dies is brought back, with the market and the traders', { timeout: 120_000 }, async () => {
  const warnings: string[] = []
  const workstation = await startWorkstation({
    dataDir: join(folder, 'data'),
    workersDir: trappedWorkers(),
    migrationsDir: join(import.meta.dirname, '../../migrations'),
    version: '3.0.0',
    postgres: 'none',
    env: {},
    logger: { ...silentLogger, error: (_, message) => void warnings.push(message) },
  })
  try {
    const component = (name: string) => workstation.status().components.find((row) => row.name === name)
    const traders = workstation.status().traders
    for (const { name, shown, restarts } of [
      { name: 'exchange', shown: 'exchange', restarts: 1 },
      { name: 'engine', shown: 'engine', restarts: 1 },
      { name: 'journal', shown: 'engine', restarts: 2 },
    ]) {
      const head = workstation.status().journal.seq
      writeFileSync(trap(name), '')
      await expect.poll(() => component(shown), { timeout: 30_000 }).toMatchObject({ state: 'running', restarts })
      await expect.poll(() => workstation.status().state, { timeout: 30_000 }).toBe('running')
      expect(workstation.status().traders).toEqual(traders)
      await expect.poll(() => workstation.status().journal.seq, { timeout: 30_000 }).toBeGreaterThan(head + 2)
    }
    expect(traders.map(({ state }) => state)).toContain('running')
    expect(warnings).toHaveLength(3)
  } finally {
    await workstation.stop()
  }
})
