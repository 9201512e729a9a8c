import type { TraderId } from '#domain/ids.ts'
import type { StepAnswer } from '#engine/ports.ts'
import type { AnalyzeDispatch } from '#engine/transaction.ts'

const expectedKey = (of: { readonly traderId: TraderId; readonly symbol: string }) => `${of.traderId}|${of.symbol}`

/**
 * Lock-step: a step is over when every trader it was sent to has answered. Answers are kept until then and handed out in one
 * order, by trader and instrument, so threads that race give the same trades.
 */
export class StepBarrier {
  #step = 0
  readonly #expected = new Set<string>()
  #answers: StepAnswer[] = []
  #open = false

  begin(step: number, dispatches: readonly AnalyzeDispatch[]): void {
    this.#step = step
    this.#answers = []
    this.#expected.clear()
    for (const dispatch of dispatches) this.#expected.add(expectedKey({ traderId: dispatch.traderId, symbol: dispatch.step.symbol }))
    this.#open = true
  }

  answer(answer: StepAnswer): void {
    if (this.#open && answer.step === this.#step && this.#expected.delete(expectedKey(answer))) this.#answers.push(answer)
  }

  /** A trader that is gone is not waited for. */
  drop(traderId: TraderId): void {
    for (const key of this.#expected) if (key.startsWith(`${traderId}|`)) this.#expected.delete(key)
  }

  /** The answers of a complete step, once; undefined while somebody is still thinking. */
  take(): { readonly step: number; readonly answers: readonly StepAnswer[] } | undefined {
    if (!this.#open || this.#expected.size > 0) return undefined
    this.#open = false
    const answers = [...this.#answers].sort((a, b) => (expectedKey(a) < expectedKey(b) ? -1 : 1))
    return { step: this.#step, answers }
  }
}
