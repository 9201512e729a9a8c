import type { GlobalShortcut } from 'electron'
import type { WorkstationBridge } from '#contract/ipc.ts'
import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { createPressTwice } from './press-twice.ts'

export const STOP_ACCELERATOR = 'CommandOrControl+Alt+Shift+S'
/** Another program may take the keys at any time, and a desktop may take them back after sleep. */
const RECHECK_EVERY_MS = 30_000

export type HotkeyState = Awaited<ReturnType<WorkstationBridge['hotkey']>>

export interface StopHotkey {
  readonly state: () => HotkeyState
  /** Looks whether the keys are still ours and takes them again if not. */
  readonly recheck: () => void
}

export interface StopHotkeyOptions {
  readonly shortcuts: GlobalShortcut
  readonly clock: Clock
  readonly logger: Logger
  readonly onArmed: () => void
  readonly onFired: () => void
  /** Told at the start and at every change: a stop key that does not work must not look as if it did. */
  readonly onState: (state: HotkeyState) => void
}

/** The emergency stop on the keyboard, from anywhere on the desktop, pressed twice. */
export function createStopHotkey(options: StopHotkeyOptions): StopHotkey {
  const { shortcuts, logger } = options
  const press = createPressTwice(options.clock)
  let known: boolean | undefined

  const register = (): boolean => {
    try {
      const accepted = shortcuts.register(STOP_ACCELERATOR, () => (press() === 'fired' ? options.onFired() : options.onArmed()))
      return accepted && shortcuts.isRegistered(STOP_ACCELERATOR)
    } catch (error) {
      logger.error({ error }, 'the desktop refused the stop hotkey')
      return false
    }
  }
  const state = (): HotkeyState => ({ accelerator: STOP_ACCELERATOR, registered: shortcuts.isRegistered(STOP_ACCELERATOR) })
  const recheck = (): void => {
    const registered = shortcuts.isRegistered(STOP_ACCELERATOR) || register()
    if (registered === known) return
    known = registered
    if (!registered)
      logger.error({ accelerator: STOP_ACCELERATOR }, 'the stop hotkey is not registered; use the window, the tray or the command line')
    options.onState({ accelerator: STOP_ACCELERATOR, registered })
  }

  recheck()
  setInterval(recheck, RECHECK_EVERY_MS).unref()
  return { state, recheck }
}
