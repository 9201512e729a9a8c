import { describe, expect, it } from 'vitest'
import type { StepAnswer } from '#engine/ports.ts'
import type { AnalyzeDispatch } from '#engine/transaction.ts'
import { BTC, ETH_PERP, OTHER_TRADER, TRADER } from '#test/support/engine/engine-driver.ts'
import { StepBarrier } from './step-barrier.ts'

const dispatch = (traderId = TRADER, symbol = BTC) => ({ traderId, step: { symbol } }) as AnalyzeDispatch
const answer = (step: number, traderId = TRADER, symbol = BTC): StepAnswer => ({
  type: 'StepAnswer',
  step,
  traderId,
  symbol,
  stepTime: 0,
  signals: [],
})

describe('StepBarrier', () => {
  it('opens once, when everyone has answered, with the answers in one order whatever the order they came in', () => {
    const order = [answer(1, OTHER_TRADER), answer(1, TRADER, ETH_PERP), answer(1)]
    for (const come of [order, [...order].reverse(), [order[1], order[0], order[2]]]) {
      const barrier = new StepBarrier()
      barrier.begin(1, [dispatch(), dispatch(TRADER, ETH_PERP), dispatch(OTHER_TRADER)])
      for (const [i, each] of come.entries()) {
        expect(barrier.take(), `before answer ${i}`).toBeUndefined()
        if (each !== undefined) barrier.answer(each)
      }
      expect(barrier.take()?.answers.map(({ traderId, symbol }) => `${traderId} ${symbol}`)).toEqual([
        `${TRADER} ${BTC}`,
        `${TRADER} ${ETH_PERP}`,
        `${OTHER_TRADER} ${BTC}`,
      ])
      expect(barrier.take()).toBeUndefined()
    }
  })

  it('counts no answer twice, none to another step, and none nobody asked for', () => {
    const barrier = new StepBarrier()
    barrier.begin(7, [dispatch(), dispatch(OTHER_TRADER)])
    for (const each of [answer(6), answer(8), answer(7), answer(7), answer(7, TRADER, ETH_PERP)]) barrier.answer(each)
    expect(barrier.take()).toBeUndefined()
    barrier.answer(answer(7, OTHER_TRADER))
    expect(barrier.take()?.answers).toHaveLength(2)
  })

  it('does not wait for a trader that is gone, nor for nobody', () => {
    const barrier = new StepBarrier()
    barrier.begin(1, [dispatch(), dispatch(OTHER_TRADER)])
    barrier.answer(answer(1))
    barrier.drop(OTHER_TRADER)
    expect(barrier.take()?.answers).toHaveLength(1)
    barrier.begin(2, [])
    expect(barrier.take()).toEqual({ step: 2, answers: [] })
  })
})
