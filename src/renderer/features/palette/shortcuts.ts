import type { en } from '#renderer/i18n/en.ts'

/** How the platform writes its command key. */
export function modKey(): string {
  return /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl'
}

export interface Shortcut {
  readonly name: Exclude<keyof (typeof en)['shortcuts'], 'title'>
  readonly keys: (mod: string) => readonly string[]
}

/** What the keyboard does; the list a person reads is this list. */
export const SHORTCUTS: readonly Shortcut[] = [
  { name: 'palette', keys: (mod) => [`${mod} K`] },
  { name: 'stop', keys: (mod) => [`${mod} Shift X`] },
  { name: 'hold', keys: () => ['Space', 'Enter'] },
  { name: 'tabs', keys: () => ['1', '…', '7'] },
  { name: 'filter', keys: () => ['/'] },
  { name: 'rows', keys: () => ['↑', '↓'] },
  { name: 'open', keys: () => ['Enter'] },
  { name: 'buy', keys: () => ['B'] },
  { name: 'sell', keys: () => ['S'] },
  { name: 'symbol', keys: () => ['[', ']'] },
  { name: 'reconcile', keys: () => ['R'] },
  { name: 'away', keys: () => ['W'] },
  { name: 'import', keys: () => ['I'] },
  { name: 'help', keys: () => ['?'] },
]
