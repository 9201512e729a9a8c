import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { Logger } from '#platform/log/logger.ts'

/** Device-independent pixels, as Electron counts. */
export interface Bounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const pixels = z.number().int().min(-100_000).max(100_000)
const savedState = z.strictObject({
  bounds: z.strictObject({ x: pixels, y: pixels, width: pixels, height: pixels }).nullable(),
  maximized: z.boolean(),
  closeToTray: z.boolean(),
})
export type WindowState = Readonly<z.infer<typeof savedState>>

export const MIN_SIZE = { width: 1024, height: 640 } as const
const FIRST_SIZE = { width: 1440, height: 900 } as const
/** So much of the title bar must lie on a display that a person can take hold of it. */
const GRIP = { width: 120, height: 40 } as const

const FIRST_STATE: WindowState = { bounds: null, maximized: false, closeToTray: true }

/** Where the window was, moved and shrunk to the displays there are now; in the middle of the first one if it was nowhere. */
export function placeOnDisplays(bounds: Bounds | null, workAreas: readonly Bounds[]): Bounds {
  const home = bounds === null ? undefined : workAreas.find((area) => overlap(bounds, area))
  const area = home ?? workAreas[0] ?? { x: 0, y: 0, ...FIRST_SIZE }
  const wanted = home === undefined || bounds === null ? centred(bounds ?? FIRST_SIZE, area) : bounds
  const width = clamp(wanted.width, Math.min(MIN_SIZE.width, area.width), area.width)
  const height = clamp(wanted.height, Math.min(MIN_SIZE.height, area.height), area.height)
  return {
    x: clamp(wanted.x, area.x, area.x + area.width - width),
    y: clamp(wanted.y, area.y, area.y + area.height - height),
    width,
    height,
  }
}

function overlap(window: Bounds, area: Bounds): boolean {
  const width = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x)
  const titleIsInside = window.y >= area.y && window.y + GRIP.height <= area.y + area.height
  return width >= GRIP.width && titleIsInside
}

function centred(size: { readonly width: number; readonly height: number }, area: Bounds): Bounds {
  const width = Math.min(size.width, area.width)
  const height = Math.min(size.height, area.height)
  return { x: area.x + Math.round((area.width - width) / 2), y: area.y + Math.round((area.height - height) / 2), width, height }
}

function clamp(value: number, least: number, most: number): number {
  return Math.round(Math.min(Math.max(value, least), Math.max(least, most)))
}

/** A missing or damaged file is a first start: where a window stood is not worth a failed launch. */
export function loadWindowState(file: string): WindowState {
  try {
    return savedState.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return FIRST_STATE
  }
}

export function saveWindowState(file: string, state: WindowState, logger: Logger): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch (error) {
    logger.warn({ error, file }, 'the place of the window was not saved; it opens in the middle next time')
  }
}
