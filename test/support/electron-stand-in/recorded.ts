import type { Menu, MenuItem, MenuItemConstructorOptions } from 'electron'
import type { StandInWindow } from './windows.ts'

/** Everything main has asked of Electron, in one place for the test to look at. */
export const recorded = {
  windows: [] as StandInWindow[],
  shortcuts: new Map<string, () => void>(),
  takenShortcuts: new Set((process.env['STAND_IN_TAKEN_SHORTCUTS'] ?? '').split(',').filter((keys) => keys !== '')),
  applicationMenu: null as StandInMenu | null,
  tray: { menu: null as StandInMenu | null, toolTip: '' },
  notifications: [] as { title: string; body: string }[],
  errorBoxes: [] as { title: string; content: string }[],
  openedExternally: [] as string[],
  privilegedSchemes: [] as { scheme: string; privileges: Record<string, boolean> }[],
  sandboxEnabled: false,
  portsPosted: 0,
}

/** A menu as the template it was built from. Roles are Electron's own business. */
export class StandInMenu implements Pick<Menu, 'getMenuItemById'> {
  readonly #template: readonly MenuItemConstructorOptions[]
  constructor(template: readonly MenuItemConstructorOptions[]) {
    this.#template = template
  }
  entries(): MenuItemConstructorOptions[] {
    return flatten(this.#template)
  }
  getMenuItemById(id: string): MenuItem | null {
    return (this.entries().find((item) => item.id === id) ?? null) as unknown as MenuItem | null
  }
  click(id: string): void {
    const item = this.entries().find((entry) => entry.id === id)
    if (item?.click === undefined || item.enabled === false) throw new Error(`no item ${id} to click`)
    if (item.type === 'checkbox') item.checked = item.checked !== true
    item.click(item as unknown as MenuItem, undefined, {} as Parameters<typeof item.click>[2])
  }
}

function flatten(items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flatten(item.submenu) : [])])
}
