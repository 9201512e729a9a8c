import { create } from 'zustand'
import { set } from './settings.ts'

/** What one part of the screen asks another to do; the asked part answers when `turn` rises. */
interface Requests {
  readonly ticket: { readonly side: 'BUY' | 'SELL'; readonly price?: string; readonly turn: number } | undefined
  readonly traderDialog: { readonly id: string | undefined } | undefined
  readonly limitsDialog: boolean
  readonly palette: boolean
  readonly shortcuts: boolean
  readonly reconcile: boolean
  readonly import: boolean
  /** The report on an absence; since a time, or since the last gap. */
  readonly away: { readonly since: number | undefined } | undefined
}

export const useRequests = create<Requests>(() => ({
  ticket: undefined,
  traderDialog: undefined,
  limitsDialog: false,
  palette: false,
  shortcuts: false,
  reconcile: false,
  import: false,
  away: undefined,
}))

/** Brings the ticket up, should the layout hide it, with its side set. */
export function writeOrder(side: 'BUY' | 'SELL'): void {
  set({ layout: 'trade' })
  useRequests.setState((state) => ({ ticket: { side, turn: (state.ticket?.turn ?? 0) + 1 } }))
}
