import type { MessagePort } from 'node:worker_threads'
import type { InstrumentSymbol, TraderId } from '#domain/ids.ts'
import type { StepAnswer } from '#engine/ports.ts'
import type { AnalyzeDispatch } from '#engine/transaction.ts'

/** Steps a trader may leave unanswered before it is sent no more; it reloads its history when it is back. */
export const UNANSWERED_STEPS_MAX = 16

interface Link {
  readonly port: MessagePort
  unanswered: number
  readonly lastSent: Map<InstrumentSymbol, number>
}

/** The engine's ports to the traders. A slow trader fills only its own allowance. */
export class TraderLinks {
  readonly #links = new Map<TraderId, Link>()
  readonly #onAnswer: (answer: StepAnswer) => void

  constructor(onAnswer: (answer: StepAnswer) => void) {
    this.#onAnswer = onAnswer
  }

  attach(traderId: TraderId, port: MessagePort): void {
    this.detach(traderId)
    const link: Link = { port, unanswered: 0, lastSent: new Map() }
    this.#links.set(traderId, link)
    port.on('message', (answer: StepAnswer) => {
      if (answer.traderId !== traderId) return
      link.unanswered -= 1
      this.#onAnswer(answer)
    })
  }

  detach(traderId: TraderId): void {
    this.#links.get(traderId)?.port.close()
    this.#links.delete(traderId)
  }

  /** Sends a step. False when the trader is not there or too far behind: nobody waits for it then. */
  send({ traderId, step }: AnalyzeDispatch): boolean {
    const link = this.#links.get(traderId)
    if (link === undefined || link.unanswered >= UNANSWERED_STEPS_MAX) return false
    link.port.postMessage({ ...step, previousOpenTime: link.lastSent.get(step.symbol) })
    link.lastSent.set(step.symbol, step.bar.openTime)
    link.unanswered += 1
    return true
  }

  close(): void {
    for (const traderId of this.#links.keys()) this.detach(traderId)
  }
}
