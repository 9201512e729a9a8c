import type { AccountSnapshot, VenueFill } from '#engine/ports.ts'
import type { VenueAdapter } from './venue-adapter.ts'

/** A snapshot is several questions: when a fill falls between them they do not fit, and all are asked again, so often. */
const TRIES_MAX = 4
/** How far back the second look at the fills goes: longer than the venue's own clock differs between its parts, milliseconds. */
const OVERLAP_MS = 5_000

/** The account at one moment: orders, positions and cash, with every fill that made them. Throws when the venue does not answer. */
export async function readAccount(
  adapter: VenueAdapter,
  question: { readonly queryId: number; readonly since: number },
): Promise<AccountSnapshot> {
  const fills = new Map<string, VenueFill>()
  const take = (found: readonly VenueFill[]): boolean => {
    const before = fills.size
    for (const fill of found) fills.set(`${fill.symbol} ${fill.tradeId}`, fill)
    return fills.size === before
  }
  take(await adapter.fillsSince(question.since))
  for (let tries = 1; ; tries += 1) {
    const lookedAt = Math.max(question.since, adapter.now() - OVERLAP_MS)
    const [openOrders, positions, balances] = await Promise.all([adapter.openOrders(), adapter.positions(), adapter.balances()])
    const isStill = take(await adapter.fillsSince(lookedAt))
    if (!isStill && tries < TRIES_MAX) continue
    const ordered = [...fills.values()].sort((a, b) => a.ts - b.ts)
    return { type: 'AccountSnapshot', queryId: question.queryId, ts: adapter.now(), openOrders, positions, balances, fills: ordered }
  }
}
