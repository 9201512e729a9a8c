import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { SURVIVALS } from '#test/support/power-loss/disk-model.ts'
import { failPower, imageAt, promisesIn, recordLives, writeImage, type Verdict } from '#test/support/power-loss/power-loss-run.ts'
import { compileWriteLog, hasCompiler, type LoggedCall } from '#test/support/power-loss/write-log.ts'
import type { WriterPlan } from '#test/support/power-loss/writer-plan.ts'
import { seeded } from '#test/support/replay/seeded.ts'

/** `POWER_LOSS_IMAGES=20000` is the long form, `POWER_LOSS_SEED` another history and other cuts. */
const IMAGES = Number(process.env['POWER_LOSS_IMAGES'] ?? 500)
const SEED = Number(process.env['POWER_LOSS_SEED'] ?? 1)
const SECOND_CRASHES = Math.max(6, Math.round(IMAGES / 100))
const IMAGES_PER_SECOND_CRASH = 10
const CONTROL_IMAGES = Math.min(IMAGES, 100)
/** Images are read once and thrown away; a disk in memory spares tens of thousands of real syncs. */
const MEMORY_DISK = '/dev/shm'
const MINUTE_MS = 60_000
const LIMIT_MS = Math.max(3 * MINUTE_MS, IMAGES * 150)

const life = (untilSeq: number, rest: Partial<WriterPlan> = {}): Omit<WriterPlan, 'directory'> => ({
  seed: SEED,
  untilSeq,
  snapshotEvery: 60,
  checkpointPages: 25,
  end: 'kill',
  ...rest,
})
/** A first start, killed; a start after the kill, closed in order; a start from the closed file, killed. */
const LIVES = [life(500), life(900, { end: 'close' }), life(1_300)]

function say(what: string, verdict: Verdict): void {
  const kinds = [...verdict.imagesBySurvival].map(([kind, count]) => `${kind} ${count}`).join(', ')
  process.stderr.write(
    `power loss, ${what}: ${verdict.images} images, ${verdict.imagesWithLoss} with a loss, ${verdict.factsLost} promised facts lost (${kinds}; seed ${SEED})\n`,
  )
}

if (!hasCompiler)
  process.stderr.write('power loss: skipped, it needs Linux and gcc (the log of writes is a small library made on the spot)\n')

describe.skipIf(!hasCompiler)('power loss', { timeout: LIMIT_MS }, () => {
  let place: ReturnType<typeof temporaryDirectory>
  let images: string
  let library: string
  let calls: readonly LoggedCall[]
  beforeAll(() => {
    place = temporaryDirectory()
    images = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'bot-trading-power-loss-'))
    library = compileWriteLog(place.path)
    calls = record('full', LIVES)
  })
  afterAll(() => {
    place[Symbol.dispose]()
    rmSync(images, { recursive: true, force: true })
  })

  const record = (name: string, lives: Parameters<typeof recordLives>[2]) =>
    recordLives(library, { directory: place.join(name), log: place.join(`${name}.log`) }, lives)
  const fail = (trial: Omit<Parameters<typeof failPower>[0], 'directory' | 'seed'>, seed = SEED) =>
    failPower({ ...trial, seed, directory: join(images, 'image') })

  test('the log holds what it should: first creation, checkpoints, snapshots, a close, restarts, and a durable setting', () => {
    const count = (type: LoggedCall['type'], file: string) => calls.filter((call) => call.type === type && call.file === file).length
    const promised = promisesIn(calls)
    expect(promised.filter(({ type }) => type === 'Opened')).toEqual(
      Array.from({ length: LIVES.length }, () => expect.objectContaining({ settings: [['wal', 2, 0]] }) as unknown),
    )
    expect(promised.filter(({ type }) => type === 'Snapshot').length).toBeGreaterThan(10)
    expect(promised.filter(({ type }) => type === 'Closed')).toHaveLength(1)
    expect(count('unlink', 'journal.db-wal')).toBeGreaterThanOrEqual(1)
    expect(count('sync', 'journal.db')).toBeGreaterThan(10)
    const appends = promised.filter(({ type }) => type === 'Appended').length
    expect(count('sync', 'journal.db-wal')).toBeGreaterThanOrEqual(appends)
  })

  test(`${IMAGES} crash images: no promised fact is lost, every journal opens whole and goes on`, () => {
    const verdict = fail({ calls, images: IMAGES })
    say('synchronous=FULL', verdict)
    expect(verdict.faults).toEqual([])
    expect(verdict.imagesWithLoss).toBe(0)
    expect([...verdict.imagesBySurvival.keys()].toSorted()).toEqual([...SURVIVALS].toSorted())
  })

  test('the power fails while the very first file is made', () => {
    const opened = calls.findIndex((call) => call.type === 'write' && call.file === 'promises')
    const verdict = fail({ calls: calls.slice(0, opened + 40), images: CONTROL_IMAGES })
    say('first creation', verdict)
    expect(verdict.faults).toEqual([])
  })

  test('the power fails again while the start after a failure recovers, and after it', () => {
    const random = seeded(SEED)
    const faults: string[] = []
    let count = 0
    for (let crash = 0; crash < SECOND_CRASHES; crash += 1) {
      const cut = Math.floor(random() * calls.length)
      const { image, knowledge } = imageAt(calls, cut, { survival: SURVIVALS[crash % SURVIVALS.length]!, random })
      const name = `second-${crash}`
      writeImage(image, place.join(name))
      const again = record(name, [life(knowledge.head + 60, { end: crash % 2 === 0 ? 'kill' : 'close' })])
      const verdict = fail({ calls: again, before: image, known: knowledge, images: IMAGES_PER_SECOND_CRASH })
      count += verdict.images
      faults.push(...verdict.faults.map((words) => `after a crash at call ${cut}: ${words}`))
    }
    process.stderr.write(`power loss, twice: ${SECOND_CRASHES} first failures, ${count} images of second ones, ${faults.length} faults\n`)
    expect(faults).toEqual([])
  })

  describe('controls: what must be seen', () => {
    test('synchronous=NORMAL, set behind the journal’s back, loses promised facts', () => {
      const weak = record(
        'normal',
        LIVES.map((plan) => ({ ...plan, control: 'normal' as const })),
      )
      const verdict = fail({ calls: weak, images: CONTROL_IMAGES })
      say('control synchronous=NORMAL', verdict)
      expect(verdict.imagesWithLoss).toBeGreaterThan(CONTROL_IMAGES / 20)
    })

    test('a promise given before the commit is broken', () => {
      const hasty = record(
        'promise-first',
        LIVES.map((plan) => ({ ...plan, control: 'promise-first' as const })),
      )
      const verdict = fail({ calls: hasty, images: CONTROL_IMAGES })
      say('control promise before commit', verdict)
      expect(verdict.imagesWithLoss).toBeGreaterThan(CONTROL_IMAGES / 20)
    })

    test('a disk whose syncs are empty words loses facts or the journal', () => {
      const verdict = fail({ calls: calls.filter((call) => call.type !== 'sync'), images: CONTROL_IMAGES })
      say('control syncs ignored', verdict)
      expect(verdict.imagesWithLoss).toBeGreaterThan(CONTROL_IMAGES / 4)
    })
  })
})
