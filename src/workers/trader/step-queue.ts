import { setImmediate as nextTurn } from 'node:timers/promises'

export interface StepQueueOptions<T> {
  readonly limit: number
  readonly process: (item: T) => Promise<void>
  /** More items than the limit came; nothing is processed any more. */
  readonly onFull: () => void
  readonly elapsed: () => number
}

/** Longest time in a row without letting pings through, milliseconds. */
const TURN_MS = 20

export interface StepQueue<T> {
  readonly size: () => number
  push(item: T): void
  /** Forgets what waits and takes no more. */
  close(): void
}

/** Works items off strictly one after another, in order, and lets other messages in between. */
export function createStepQueue<T>({ limit, process, onFull, elapsed }: StepQueueOptions<T>): StepQueue<T> {
  let waiting: T[] = []
  let running = false
  let closed = false

  const run = async (): Promise<void> => {
    running = true
    let turnBegan = elapsed()
    for (let item = waiting.shift(); item !== undefined && !closed; item = waiting.shift()) {
      await process(item)
      if (elapsed() - turnBegan < TURN_MS) continue
      await nextTurn()
      turnBegan = elapsed()
    }
    running = false
  }

  const close = (): void => {
    closed = true
    waiting = []
  }

  return {
    size: () => waiting.length,
    close,
    push(item) {
      if (closed) return
      if (waiting.length >= limit) {
        close()
        onFull()
        return
      }
      waiting.push(item)
      if (!running) void run()
    },
  }
}
