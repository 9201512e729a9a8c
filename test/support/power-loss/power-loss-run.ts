import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seeded } from '#test/support/replay/seeded.ts'
import { syntheticFacts } from '#test/support/postgres-facts.ts'
import { checkImage, type Finding, type Knowledge } from './check-image.ts'
import { DiskModel, SURVIVALS, type DiskImage, type Survival } from './disk-model.ts'
import { readWriteLog, type LoggedCall } from './write-log.ts'
import { PROMISES_FILE, type Promised, type WriterPlan } from './writer-plan.ts'

const WRITER = fileURLToPath(new URL('journal-writer.ts', import.meta.url))
const WRITER_DEADLINE_MS = 60_000

/** Lives of the writer, one after the other on the same files, and the log of all of them. */
export function recordLives(
  library: string,
  place: { readonly directory: string; readonly log: string },
  lives: readonly Omit<WriterPlan, 'directory'>[],
): readonly LoggedCall[] {
  mkdirSync(place.directory, { recursive: true })
  const env = { ...process.env, LD_PRELOAD: library, WRITE_LOG_DIRECTORY: place.directory, WRITE_LOG_FILE: place.log }
  for (const life of lives) {
    const plan: WriterPlan = { ...life, directory: place.directory }
    const child = spawnSync(process.execPath, [WRITER, JSON.stringify(plan)], { env, timeout: WRITER_DEADLINE_MS })
    const ended = life.end === 'kill' ? child.signal === 'SIGKILL' : child.status === 0
    if (!ended) throw new Error(`the writer ended with ${child.status ?? child.signal}: ${child.stderr.toString()}`)
  }
  return readWriteLog(place.log, place.directory)
}

export interface Verdict {
  readonly images: number
  /** Images in which promised facts were gone, and how many in all. */
  readonly imagesWithLoss: number
  readonly factsLost: number
  /** The first few images that were wrong, in words. */
  readonly faults: readonly string[]
  readonly imagesBySurvival: ReadonlyMap<Survival, number>
}

interface Trial {
  readonly calls: readonly LoggedCall[]
  /** What the disk held before the first call. */
  readonly before?: DiskImage | undefined
  readonly known?: Knowledge | undefined
  readonly seed: number
  readonly images: number
  readonly directory: string
}

export const NOTHING_KNOWN: Knowledge = { journalId: undefined, head: 0, snapshot: 0, batchEnds: new Set() }
const FAULTS_KEPT = 10
/** Power fails right after a promise in this share of the images: the moment at which a lie shows. */
const AFTER_PROMISE_SHARE = 0.5

/** Fails the power at `images` places of the log, chosen by the seed, and looks at what each leaves behind. */
export function failPower(trial: Trial): Verdict {
  const random = seeded(trial.seed)
  const promises = trial.calls.flatMap((call, index) => (isPromise(call) ? [index + 1] : []))
  const cuts = Array.from({ length: trial.images }, () =>
    random() < AFTER_PROMISE_SHARE
      ? (promises[Math.floor(random() * promises.length)] ?? 0)
      : Math.floor(random() * (trial.calls.length + 1)),
  ).toSorted((a, b) => a - b)
  const facts = syntheticFacts(lastHead(trial.calls) + 1_000, trial.seed)
  const batchEnds = new Set([...NOTHING_KNOWN.batchEnds, ...(trial.known?.batchEnds ?? []), ...heads(trial.calls)])
  const disk = new DiskModel(trial.before)
  const imagesBySurvival = new Map<Survival, number>()
  const faults: string[] = []
  let knowledge: Knowledge = { ...(trial.known ?? NOTHING_KNOWN), batchEnds }
  let [at, imagesWithLoss, factsLost] = [0, 0, 0]
  for (const cut of cuts) {
    for (; at < cut; at += 1) {
      const call = trial.calls[at]
      if (call === undefined) break
      if (isPromise(call)) knowledge = learn(knowledge, promisesOf(call))
      else if (call.file !== PROMISES_FILE) disk.apply(call)
    }
    const survival = SURVIVALS[Math.floor(random() * SURVIVALS.length)] ?? 'nothing'
    const image = disk.crash(survival, random)
    const finding: Finding = checkImage(image, knowledge, { directory: trial.directory, facts, seed: trial.seed })
    imagesBySurvival.set(survival, (imagesBySurvival.get(survival) ?? 0) + 1)
    if (finding.lost > 0) imagesWithLoss += 1
    factsLost += finding.lost
    if ((finding.lost > 0 || finding.faults.length > 0) && faults.length < FAULTS_KEPT)
      faults.push(
        `seed ${trial.seed}, call ${cut} of ${trial.calls.length}, ${survival}: ${finding.lost} lost; ${finding.faults.join('; ')}`,
      )
  }
  return { images: cuts.length, imagesWithLoss, factsLost, faults, imagesBySurvival }
}

/** The image a machine has after the power failed at `cut`, and what had been promised by then. */
export function imageAt(
  calls: readonly LoggedCall[],
  cut: number,
  how: { readonly survival: Survival; readonly random: () => number },
): { readonly image: DiskImage; readonly knowledge: Knowledge } {
  const disk = new DiskModel()
  let knowledge: Knowledge = { ...NOTHING_KNOWN, batchEnds: new Set(heads(calls)) }
  for (const call of calls.slice(0, cut)) {
    if (isPromise(call)) knowledge = learn(knowledge, promisesOf(call))
    else if (call.file !== PROMISES_FILE) disk.apply(call)
  }
  return { image: disk.crash(how.survival, how.random), knowledge }
}

/** Puts an image into a new directory, for a writer to start from. */
export function writeImage(image: DiskImage, directory: string): void {
  mkdirSync(directory)
  for (const [name, bytes] of image) writeFileSync(join(directory, name), bytes)
}

export function promisesIn(calls: readonly LoggedCall[]): readonly Promised[] {
  return calls.filter(isPromise).flatMap(promisesOf)
}

type PromiseCall = Extract<LoggedCall, { readonly type: 'write' }>

function isPromise(call: LoggedCall): call is PromiseCall {
  return call.type === 'write' && call.file === PROMISES_FILE
}

function promisesOf(call: PromiseCall): Promised[] {
  return [JSON.parse(call.data.toString()) as Promised]
}

function learn(knowledge: Knowledge, promises: readonly Promised[]): Knowledge {
  let known = knowledge
  for (const promised of promises) {
    if (promised.type === 'Opened') known = { ...known, journalId: promised.journalId, head: Math.max(known.head, promised.head) }
    if (promised.type === 'Appended') known = { ...known, head: promised.head }
    if (promised.type === 'Snapshot') known = { ...known, snapshot: promised.seq }
  }
  return known
}

function heads(calls: readonly LoggedCall[]): readonly number[] {
  return promisesIn(calls).flatMap((promised) => (promised.type === 'Appended' || promised.type === 'Opened' ? [promised.head] : []))
}

const lastHead = (calls: readonly LoggedCall[]): number => Math.max(0, ...heads(calls))
