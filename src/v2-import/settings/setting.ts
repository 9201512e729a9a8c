import type { Secret } from './secret.ts'

export const SETTING_FILES = ['.env', 'config.yaml', 'strategies.json', 'config/telegram.yaml', 'ml_config.json'] as const
export type SettingFile = (typeof SETTING_FILES)[number]

export interface Scalar {
  readonly kind: 'text' | 'number' | 'boolean'
  /** Numbers as they were written, digit for digit. */
  readonly text: string
}

export type SettingValue =
  | Scalar
  | { readonly kind: 'empty' }
  | { readonly kind: 'list'; readonly items: readonly Scalar[] }
  | { readonly kind: 'secret'; readonly secret: Secret }

/** One key of a file of version 2, however deep. A list of plain values is one; a list of maps has one for each key of each. */
export interface Setting {
  readonly file: SettingFile
  readonly path: readonly (string | number)[]
  readonly value: SettingValue
  /** The key stands there several times, with different values. */
  readonly isRepeated: boolean
}

export interface SettingFinding {
  readonly file: SettingFile
  readonly message: string
}

/** All that was read. Secrets are in their holders: this can be printed. */
export interface SettingsRead {
  readonly files: readonly SettingFile[]
  readonly settings: readonly Setting[]
  /** A file that is damaged, or a part of one that says nothing. */
  readonly findings: readonly SettingFinding[]
  /** Files that are there and could not be read. */
  readonly damaged: readonly SettingFile[]
}

const PLAIN_NAME = /^[\w-]+$/

/** `enhanced_sltp.levels[2].ratio` */
export function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`
      const name = PLAIN_NAME.test(part) ? part : JSON.stringify(part)
      return index === 0 ? name : `.${name}`
    })
    .join('')
}

export function keyOf({ file, path }: Pick<Setting, 'file' | 'path'>): string {
  return `${file}: ${pathText(path)}`
}

/** How a value is shown; undefined for a secret. */
export function shownValue(value: SettingValue): string | undefined {
  if (value.kind === 'secret') return undefined
  if (value.kind === 'empty') return ''
  return value.kind === 'list' ? value.items.map(({ text }) => text).join(', ') : value.text
}
