import { useHotkeys } from 'react-hotkeys-hook'
import { useInstruments } from '#renderer/state/catalogue.ts'
import { useRequests, writeOrder } from '#renderer/state/requests.ts'
import { selectSymbol, useSelectedInstrument } from '#renderer/state/selection.ts'
import { set, TABS } from '#renderer/state/settings.ts'

/** Keys of the whole screen. Plain letters are deaf while a person types; the palette and the stop are not. */
export function useScreenHotkeys(): void {
  const instruments = useInstruments()
  const selected = useSelectedInstrument()
  const step = (by: number): void => {
    const at = instruments.findIndex((one) => one.symbol === selected?.symbol)
    const next = instruments[(at + by + instruments.length) % instruments.length]
    if (next !== undefined) selectSymbol(next.symbol)
  }
  useHotkeys(
    'mod+k',
    (event) => {
      event.preventDefault()
      useRequests.setState((state) => ({ palette: !state.palette }))
    },
    { enableOnFormTags: true },
  )
  useHotkeys(
    TABS.map((_tab, i) => String(i + 1)),
    (event) => {
      const tab = TABS[Number(event.key) - 1]
      if (tab !== undefined) set({ tab })
    },
  )
  useHotkeys('slash', (event) => {
    event.preventDefault()
    document.querySelector<HTMLInputElement>('[data-filter]')?.focus()
  })
  useHotkeys('b', (event) => {
    event.preventDefault()
    writeOrder('BUY')
  })
  useHotkeys('s', (event) => {
    event.preventDefault()
    writeOrder('SELL')
  })
  useHotkeys('r', () => useRequests.setState({ reconcile: true }))
  useHotkeys('w', () => useRequests.setState({ away: { since: undefined } }))
  useHotkeys('i', () => useRequests.setState({ import: true }))
  useHotkeys('bracketleft', () => step(-1))
  useHotkeys('bracketright', () => step(1))
  useHotkeys('shift+slash', () => useRequests.setState({ shortcuts: true }))
}
