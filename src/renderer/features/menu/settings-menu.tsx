import type { ReactNode } from 'react'
import { Check, Settings as Gear } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import { useRequests } from '#renderer/state/requests.ts'
import type { Settings } from '#renderer/state/settings.ts'
import { DENSITIES, LAYOUTS, PALETTES, set, THEMES, useSettings } from '#renderer/state/settings.ts'

interface ChoiceProps<K extends keyof Settings> {
  readonly label: string
  readonly name: K
  readonly options: readonly { readonly value: Settings[K] & string; readonly label: string }[]
}

function Choice<K extends 'theme' | 'density' | 'palette' | 'layout' | 'language'>({ label, name, options }: ChoiceProps<K>): ReactNode {
  const value = useSettings((settings) => settings[name])
  return (
    <>
      <DropdownMenu.Label className="menu-label">{label}</DropdownMenu.Label>
      <DropdownMenu.RadioGroup value={value} onValueChange={(next) => set({ [name]: next })}>
        {options.map((option) => (
          <DropdownMenu.RadioItem key={option.value} className="menu-item" value={option.value}>
            {option.label}
            <DropdownMenu.ItemIndicator>
              <Check />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </>
  )
}

const LANGUAGES = [
  { value: 'en', label: 'English' },
  { value: 'ru', label: 'Русский' },
] as const

export function SettingsMenu(): ReactNode {
  const { t } = useTranslation()
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="icon-button" aria-label={t('common.menu')} title={t('common.menu')} data-testid="menu">
          <Gear />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="floating menu" align="end" sideOffset={6} collisionPadding={8}>
          <Choice label={t('menu.layout')} name="layout" options={LAYOUTS.map((value) => ({ value, label: t(`menu.${value}`) }))} />
          <Choice label={t('menu.theme')} name="theme" options={THEMES.map((value) => ({ value, label: t(`menu.${value}`) }))} />
          <Choice label={t('menu.density')} name="density" options={DENSITIES.map((value) => ({ value, label: t(`menu.${value}`) }))} />
          <Choice label={t('menu.palette')} name="palette" options={PALETTES.map((value) => ({ value, label: t(`menu.${value}`) }))} />
          <Choice label={t('menu.language')} name="language" options={LANGUAGES} />
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={() => useRequests.setState({ reconcile: true })}>
            {t('reconcile.open_screen')}
            <kbd>R</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => useRequests.setState({ away: { since: undefined } })}>
            {t('away.open_screen')}
            <kbd>W</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => useRequests.setState({ import: true })}>
            {t('import.open_screen')}
            <kbd>I</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => set({ sizes: {} })}>
            {t('menu.reset')}
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => useRequests.setState({ shortcuts: true })}>
            {t('menu.shortcuts')}
            <kbd>?</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Label className="menu-label">{t('app.charts')}</DropdownMenu.Label>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
