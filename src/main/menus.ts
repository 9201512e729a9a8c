import type { MenuItemConstructorOptions } from 'electron'

export interface MenuActions {
  readonly show: () => void
  readonly stop: () => void
  readonly quit: () => void
  readonly setCloseToTray: (closeToTray: boolean) => void
}

export interface TrayFacts {
  /** "Trading", "Halted since 14:02 by hotkey", … */
  readonly headline: string
  /** A warning under it, e.g. that the hotkey does not work; null for none. */
  readonly warning: string | null
  readonly closeToTray: boolean
}

/** One level down, so that a slip of the mouse does not stop trading and no dialog stands in the way of one who means it. */
function stopItem(actions: MenuActions): MenuItemConstructorOptions {
  return { label: 'Emergency stop', submenu: [{ id: 'stop', label: 'Halt and cancel every order', click: actions.stop }] }
}

function closeToTrayItem(actions: MenuActions, checked: boolean): MenuItemConstructorOptions {
  return {
    id: 'close-to-tray',
    label: 'Keep trading in the tray when the window is closed',
    type: 'checkbox',
    checked,
    click: (item) => actions.setCloseToTray(item.checked),
  }
}

export function trayTemplate(facts: TrayFacts, actions: MenuActions): MenuItemConstructorOptions[] {
  const warning: MenuItemConstructorOptions[] = facts.warning === null ? [] : [{ id: 'warning', label: facts.warning, enabled: false }]
  return [
    { id: 'headline', label: facts.headline, enabled: false },
    ...warning,
    { type: 'separator' },
    { id: 'open', label: 'Open', click: actions.show },
    stopItem(actions),
    closeToTrayItem(actions, facts.closeToTray),
    { type: 'separator' },
    { id: 'quit', label: 'Stop everything and quit', click: actions.quit },
  ]
}

export function applicationTemplate(
  appName: string,
  closeToTray: boolean,
  actions: MenuActions,
  devTools: boolean,
): MenuItemConstructorOptions[] {
  const view: MenuItemConstructorOptions[] = [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { role: 'togglefullscreen' }]
  return [
    {
      label: appName,
      submenu: [
        stopItem(actions),
        closeToTrayItem(actions, closeToTray),
        { type: 'separator' },
        { id: 'quit', label: 'Stop everything and quit', accelerator: 'CommandOrControl+Q', click: actions.quit },
      ],
    },
    { role: 'editMenu' },
    { label: 'View', submenu: devTools ? [...view, { role: 'reload' }, { role: 'toggleDevTools' }] : view },
    { role: 'windowMenu' },
  ]
}
