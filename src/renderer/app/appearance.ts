import { changeLanguage } from '#renderer/i18n/setup.ts'
import type { Settings } from '#renderer/state/settings.ts'
import { useSettings } from '#renderer/state/settings.ts'

function apply(settings: Settings): void {
  const dark = settings.theme === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : settings.theme === 'dark'
  const root = document.documentElement
  root.dataset['theme'] = dark ? 'dark' : 'light'
  root.dataset['density'] = settings.density
  root.dataset['palette'] = settings.palette
  root.lang = settings.language
}

/** Puts the chosen looks on the document before anything draws, and whenever they change. */
export function startAppearance(): void {
  apply(useSettings.getState())
  useSettings.subscribe((settings, before) => {
    apply(settings)
    if (settings.language !== before.language) void changeLanguage(settings.language)
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => apply(useSettings.getState()))
}
