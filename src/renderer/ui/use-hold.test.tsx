// @vitest-environment happy-dom
import type { ReactNode } from 'react'
import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { HOLD_MS, useHold } from './use-hold.ts'

const held = vi.fn()
function Button(): ReactNode {
  const { holding, handlers } = useHold(held)
  return (
    <button type="button" data-holding={holding} {...handlers}>
      stop
    </button>
  )
}

let button: HTMLButtonElement
let unmount: () => void
beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  vi.useFakeTimers()
  held.mockClear()
  const host = document.body.appendChild(document.createElement('div'))
  const root = createRoot(host)
  await act(async () => root.render(<Button />))
  button = host.querySelector('button')!
  unmount = () => root.unmount()
})
afterEach(async () => {
  await act(async () => unmount())
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const fire = (event: Event): Promise<void> => act(async () => void button.dispatchEvent(event))
const wait = (ms: number): Promise<void> => act(async () => void vi.advanceTimersByTime(ms))
const pointer = (type: string): PointerEvent => new PointerEvent(type, { bubbles: true, button: 0 })
const key = (type: string, repeat = false): KeyboardEvent => new KeyboardEvent(type, { bubbles: true, key: ' ', repeat })

it('acts after the full hold, once', async () => {
  await fire(pointer('pointerdown'))
  await wait(HOLD_MS - 1)
  expect(held).not.toHaveBeenCalled()
  expect(button.dataset['holding']).toBe('true')
  await wait(1)
  await wait(HOLD_MS * 3)
  expect(held).toHaveBeenCalledOnce()
})

it('does nothing when let go early', async () => {
  await fire(pointer('pointerdown'))
  await wait(HOLD_MS - 1)
  await fire(pointer('pointerup'))
  await wait(HOLD_MS)
  expect(held).not.toHaveBeenCalled()
})

it('works by keyboard, and a repeating key does not start over', async () => {
  await fire(key('keydown'))
  for (let i = 0; i < 15; i += 1) {
    await wait(HOLD_MS / 5)
    await fire(key('keydown', true))
  }
  expect(held).toHaveBeenCalledOnce()
  await fire(key('keyup'))
  await fire(key('keydown'))
  await wait(HOLD_MS / 2)
  await fire(key('keyup'))
  await wait(HOLD_MS)
  expect(held).toHaveBeenCalledOnce()
})
