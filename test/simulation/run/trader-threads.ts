import type { AnalyzeDispatch } from '#engine/transaction.ts'
import type { ProposedSignal, StepAnswer } from '#engine/ports.ts'
import type { Random } from '../core/random.ts'
import type { WorldParts } from './world-parts.ts'

/** The strategies' threads: they think for a while and answer; some die, repeat themselves, or throw. */
export class TraderThreads {
  readonly #world: WorldParts
  readonly #random: Random
  #life = 0
  /** Near the end nobody wants anything new. */
  isQuiet = false

  constructor(world: WorldParts) {
    this.#world = world
    this.#random = world.random.split('traders')
  }

  restart(): void {
    this.#life += 1
  }

  receive({ traderId, step }: AnalyzeDispatch): void {
    const { faults, scheduler } = this.#world
    const random = this.#random
    if (this.isQuiet || faults.happens('traderDies')) return
    const life = this.#life
    const answer: StepAnswer = {
      type: 'StepAnswer',
      step: step.step,
      traderId,
      symbol: step.symbol,
      stepTime: step.bar.openTime,
      signals: this.#signals(step.bar.close),
      ...(faults.happens('traderThrows') ? { error: 'strategy threw' } : {}),
    }
    const copies = faults.happens('traderRepeats') ? 2 : 1
    for (let i = 0; i < copies; i += 1) {
      scheduler.machine(random.between(1, 250), `answer of ${traderId}`, () => {
        if (this.#life === life) this.#world.shell?.traderAnswered(answer)
      })
    }
  }

  #signals(close: number): ProposedSignal[] {
    const random = this.#random
    return Array.from({ length: random.pick([0, 1, 1, 2]) }, (): ProposedSignal => {
      const action = random.pick(['BUY', 'SELL', 'CLOSE_LONG', 'CLOSE_SHORT'] as const)
      const sign = action === 'BUY' ? 1 : -1
      const at = (bps: number): string => (close * (1 + (sign * bps) / 10_000)).toFixed(1)
      const levels = random.chance(0.6) ? { stopLoss: at(-random.between(5, 80)), takeProfit: at(random.between(5, 80)) } : {}
      return { action, confidence: random.float(), ...(random.chance(0.05) ? { quantity: '-1' } : {}), ...levels }
    })
  }
}
