import { plantNamed } from '../plants/plants.ts'
import { installPlant } from '../plants/plant-hook.ts'
import type { JobMessage, JobRequest, Totals } from './job.messages.ts'
import type { Cuts } from './plan.ts'
import { isShellPlant, type ShellPlant } from './shell-plants.ts'

/** One process that runs seeds. A planted fault is put into the sources before any of them is loaded. */

const REPORT_EVERY_MS = 250
const NOTHING: Totals = { seeds: 0, events: 0, simulatedMs: 0, facts: 0, orders: 0, fills: 0, crashes: 0 }

function send(message: JobMessage): void {
  process.send?.(message)
}

process.on('message', (request: JobRequest) => {
  work(request).then(
    () => process.disconnect(),
    (error: unknown) => {
      send({ type: 'broken', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
      process.disconnect()
    },
  )
})

async function work(request: JobRequest): Promise<void> {
  const shellPlant = request.plant !== undefined && isShellPlant(request.plant) ? request.plant : undefined
  const isPlanted = request.plant === undefined || shellPlant !== undefined ? () => true : installPlant(plantNamed(request.plant))
  if (request.mode === 'shrink') {
    const { shrink } = await import('./shrink.ts')
    send({ type: 'shrunk', shrunk: shrink(request.from, shellPlant) })
  } else if (request.mode === 'limits') await limits(request)
  else await seeds(request, shellPlant)
  if (!isPlanted()) send({ type: 'broken', message: `the file of the plant "${request.plant}" was never loaded` })
  send({ type: 'done' })
}

async function seeds(request: JobRequest, plant: ShellPlant | undefined): Promise<void> {
  const { runSeed } = await import('./run-seed.ts')
  const cuts: Cuts | undefined = request.cuts
  let totals = { ...NOTHING }
  let reportedAt = performance.now()
  for (let seed = request.from; seed <= request.to; seed += request.step) {
    const outcome = runSeed(seed, { plant, cuts })
    totals = add(totals, { ...outcome, seeds: 1 })
    if (request.wantsHashes === true) send({ type: 'hash', seed, hash: outcome.hash, again: runSeed(seed, { plant, cuts }).hash })
    if (outcome.violation !== undefined) {
      send({ type: 'violation', seed, ...outcome.violation })
      if (request.stopsAtFirst) break
    }
    if (performance.now() - reportedAt < REPORT_EVERY_MS) continue
    reportedAt = performance.now()
    send({ type: 'totals', totals })
    totals = { ...NOTHING }
  }
  send({ type: 'totals', totals })
}

function add(a: Totals, b: Totals): Totals {
  return {
    seeds: a.seeds + b.seeds,
    events: a.events + b.events,
    simulatedMs: a.simulatedMs + b.simulatedMs,
    facts: a.facts + b.facts,
    orders: a.orders + b.orders,
    fills: a.fills + b.fills,
    crashes: a.crashes + b.crashes,
  }
}

async function limits(request: JobRequest): Promise<void> {
  const { runLimits } = await import('../limits/run-limits.ts')
  let totals = { ...NOTHING }
  for (let seed = request.from; seed <= request.to; seed += request.step) {
    const { orders, admitted, leaks, wrongRefusals } = runLimits(seed, request.ordersPerSeed ?? 50, request.burstMax ?? 20)
    totals = add(totals, { ...NOTHING, seeds: 1, orders, fills: admitted })
    for (const message of leaks) send({ type: 'violation', seed, invariant: 'G15-leak', message })
    for (const message of wrongRefusals) send({ type: 'violation', seed, invariant: 'G15-wrong-refusal', message })
    if (request.stopsAtFirst && leaks.length + wrongRefusals.length > 0) break
    if (totals.seeds < 100) continue
    send({ type: 'totals', totals })
    totals = { ...NOTHING }
  }
  send({ type: 'totals', totals })
}
