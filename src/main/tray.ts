import type { Menu, MenuItemConstructorOptions, Tray } from 'electron'
import type { Logger } from '#platform/log/logger.ts'
import { type MenuActions, type TrayFacts, trayTemplate } from './menus.ts'

export interface TrayIcon {
  /** False where the desktop has no tray: then closing the window never hides it. */
  readonly available: boolean
  update(facts: TrayFacts): void
}

export interface TrayOptions {
  readonly create: () => Tray
  readonly buildMenu: (template: MenuItemConstructorOptions[]) => Menu
  readonly actions: MenuActions
  readonly logger: Logger
}

/** State at a glance, and the stop, while the window is hidden. */
export function createTrayIcon(options: TrayOptions): TrayIcon {
  const tray = tryCreate(options)
  let shown = ''
  tray?.on('click', options.actions.show)
  return {
    available: tray !== null,
    update: (facts) => {
      const now = JSON.stringify(facts)
      // Replacing a menu closes it under the person's mouse, so only when something changed.
      if (tray === null || now === shown) return
      shown = now
      tray.setToolTip([facts.headline, facts.warning].filter((line) => line !== null).join('\n'))
      tray.setContextMenu(options.buildMenu(trayTemplate(facts, options.actions)))
    },
  }
}

function tryCreate({ create, logger }: TrayOptions): Tray | null {
  try {
    return create()
  } catch (error) {
    logger.warn({ error }, 'no tray here; closing the window quits')
    return null
  }
}
