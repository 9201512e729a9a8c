import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc } from '#test/support/properties.ts'
import { afterAll, describe, expect, test } from 'vitest'
import { silentLogger } from '#platform/log/logger.ts'
import { loadWindowState, placeOnDisplays, saveWindowState } from './window-state.ts'

const left = { x: 0, y: 0, width: 1920, height: 1040 }
const right = { x: 1920, y: 200, width: 2560, height: 1400 }

describe('placeOnDisplays', () => {
  test('a window stays where it was', () => {
    const bounds = { x: 2000, y: 300, width: 1500, height: 900 }
    expect(placeOnDisplays(bounds, [left, right])).toEqual(bounds)
  })
  test('a window of a display that is gone comes to the middle of the first one', () => {
    expect(placeOnDisplays({ x: 2000, y: 300, width: 1500, height: 900 }, [left])).toEqual({ x: 210, y: 70, width: 1500, height: 900 })
  })
  test('a window that no title bar could be reached of is moved', () => {
    expect(placeOnDisplays({ x: 0, y: -500, width: 1400, height: 900 }, [left]).y).toBeGreaterThanOrEqual(0)
    expect(placeOnDisplays({ x: 1900, y: 0, width: 1400, height: 900 }, [left]).x).toBeLessThanOrEqual(1920 - 1024)
  })
  test('wherever it was and whatever the displays, the whole window lies on one of them', () => {
    const number = (min: number, max: number) => fc.integer({ min, max })
    const bounds = fc.record({ x: number(-9e3, 9e3), y: number(-9e3, 9e3), width: number(0, 9e3), height: number(0, 9e3) })
    const area = fc.record({ x: number(-4e3, 4e3), y: number(-4e3, 4e3), width: number(320, 4e3), height: number(240, 4e3) })
    fc.assert(
      fc.property(fc.option(bounds), fc.array(area, { minLength: 1, maxLength: 4 }), (window, areas) => {
        const placed = placeOnDisplays(window, areas)
        const inside = (display: typeof left) =>
          placed.x >= display.x &&
          placed.y >= display.y &&
          placed.x + placed.width <= display.x + display.width &&
          placed.y + placed.height <= display.y + display.height
        expect(areas.some(inside)).toBe(true)
      }),
    )
  })
})

describe('the saved place', () => {
  const folder = mkdtempSync(join(tmpdir(), 'window-state-'))
  const file = join(folder, 'window.json')
  afterAll(() => rmSync(folder, { recursive: true }))

  test('comes back as it was written', () => {
    const state = { bounds: { x: 1, y: 2, width: 1100, height: 700 }, maximized: true, closeToTray: false }
    saveWindowState(file, state, silentLogger)
    expect(loadWindowState(file)).toEqual(state)
  })
  test('a damaged or foreign file is a first start', () => {
    for (const text of ['', '{', '{"bounds":{"x":"1"}}', readFileSync(file, 'utf8').replace('}', ',"extra":1}')]) {
      writeFileSync(file, text)
      expect(loadWindowState(file)).toEqual({ bounds: null, maximized: false, closeToTray: true })
    }
  })
})
