import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { chooseSeed, seeded } from '#test/support/replay/seeded.ts'
import type { ContenderPlan } from '#test/support/two-instances/contender.ts'

/** 100 in the long form: TWO_INSTANCES_STARTS=100. */
const STARTS = Number(process.env['TWO_INSTANCES_STARTS'] ?? 20)
const HOLD_MAX_MS = 60
const DELAY_MAX_MS = 8
const KILL_MAX_MS = 120
const TRY_MS = 400
const HELD_FOR_SURE_MS = 30_000
const CONTENDER = fileURLToPath(new URL('../support/two-instances/contender.ts', import.meta.url))

interface Line {
  readonly what: string
  readonly word: string
  readonly fence: number
  readonly pid: number
}

class Contender {
  readonly #child: ChildProcess
  readonly #ready: Promise<unknown>
  readonly exited: Promise<unknown>

  constructor(plan: ContenderPlan) {
    this.#child = spawn(process.execPath, [CONTENDER, JSON.stringify(plan)], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#ready = this.#child.stdout === null ? Promise.resolve() : once(this.#child.stdout, 'data')
    this.exited = once(this.#child, 'exit')
  }

  ready(): Promise<unknown> {
    return Promise.race([this.#ready, this.exited])
  }
  go(): void {
    this.#child.stdin?.write('go\n')
  }
  kill(): void {
    this.#child.kill('SIGKILL')
  }
  /** 0 when it ended by itself and well, null when it was killed. */
  get exitCode(): number | null {
    return this.#child.exitCode
  }
}

function readLog(path: string, what: string): Line[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${what} `))
    .map((line) => {
      const [, word = '', fence, pid] = line.split(' ')
      return { what, word, fence: Number(fence), pid: Number(pid) }
    })
}

/** Everything that is wrong with who held what, when. A holder that was killed has no end; it must only never be heard again. */
function problemsOf(lines: readonly Line[]): string[] {
  const problems: string[] = []
  let holder: Line | undefined
  let fence = 0
  for (const [index, line] of lines.entries()) {
    if (line.word === 'begin') {
      if (line.fence <= fence) problems.push(`line ${index}: fence ${line.fence} after ${fence}`)
      fence = line.fence
      holder = line
    } else if (holder?.pid !== line.pid || holder.fence !== line.fence) {
      problems.push(
        `line ${index}: ${line.word} of process ${line.pid} with ${line.fence}, while process ${holder?.pid} holds ${holder?.fence}`,
      )
    } else if (line.word === 'end') holder = undefined
  }
  return problems
}

/** On a slow machine chance may spare every holder: this one is killed while it holds both. */
async function killHolder(contender: Contender, log: string): Promise<void> {
  const begins = (): readonly number[] =>
    ['directory', 'account'].map((what) => readLog(log, what).filter(({ word }) => word === 'begin').length)
  const next = begins().map((count) => count + 1)
  await contender.ready()
  contender.go()
  await expect.poll(begins, { interval: 5, timeout: HELD_FOR_SURE_MS }).toEqual(next)
  contender.kill()
  await contender.exited
}

it(`${STARTS} starts of two programs on one data directory and one account, with kills: never two holders`, {
  timeout: STARTS * 5_000,
}, async () => {
  const seed = chooseSeed()
  const random = seeded(seed)
  using directory = temporaryDirectory()
  const log = directory.join('log')
  mkdirSync(directory.join('data'))
  const shared = { dataDir: directory.join('data'), leases: directory.join('leases'), log, tryMs: TRY_MS }
  let killed = 0
  for (let start = 0; start < STARTS; start += 1) {
    const pair = [0, 1].map(() => new Contender({ ...shared, delayMs: random() * DELAY_MAX_MS, holdMs: random() * HOLD_MAX_MS }))
    await Promise.all(pair.map((each) => each.ready()))
    for (const each of pair) each.go()
    const victims = pair.filter(() => random() < 0.5)
    const kills = victims.map(async (victim) => {
      await pause(random() * KILL_MAX_MS)
      victim.kill()
    })
    await Promise.all([...kills, ...pair.map((each) => each.exited)])
    for (const each of pair) if (each.exitCode !== 0) killed += 1
    expect(
      pair.filter((each) => each.exitCode !== 0 && !victims.includes(each)),
      `start ${start}, seed ${seed}: ended by a fault`,
    ).toEqual([])
  }
  await killHolder(new Contender({ ...shared, delayMs: 0, tryMs: HELD_FOR_SURE_MS, holdMs: HELD_FOR_SURE_MS }), log)
  killed += 1
  for (const what of ['directory', 'account']) {
    const lines = readLog(log, what)
    expect.soft(problemsOf(lines), `${what}, seed ${seed} (REPLAY_SEED repeats it)`).toEqual([])
    const begins = lines.filter(({ word }) => word === 'begin').length
    const ends = lines.filter(({ word }) => word === 'end').length
    expect.soft(begins, `${what}: nearly each start has a holder`).toBeGreaterThan(STARTS)
    expect.soft(begins - ends, `${what}: some were killed while they held it`).toBeGreaterThan(0)
  }
  expect(killed).toBeGreaterThan(STARTS / 5)
})

it('the check sees what it is for', () => {
  const line = (word: string, fence: number, pid: number): Line => ({ what: 'account', word, fence, pid })
  expect(problemsOf([line('begin', 1, 7), line('beat', 1, 7), line('begin', 2, 8), line('end', 2, 8)])).toEqual([])
  expect(problemsOf([line('begin', 1, 7), line('begin', 2, 8), line('beat', 1, 7)])).toHaveLength(1)
  expect(problemsOf([line('begin', 2, 7), line('end', 2, 7), line('begin', 2, 8)])).toHaveLength(1)
})
