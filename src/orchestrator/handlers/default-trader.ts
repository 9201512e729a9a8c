import { parseTraderId, type TraderId } from '#domain/ids.ts'

/** Whose books signals and orders from people and programs go into when they name no trader. */
export const MANUAL_TRADER_ID: TraderId = parseTraderId('manual')

export function traderFor(id: string | undefined): TraderId {
  return id === undefined ? MANUAL_TRADER_ID : parseTraderId(id)
}
