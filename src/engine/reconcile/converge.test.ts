import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { BTC, ETH_PERP } from '#test/support/engine/engine-driver.ts'
import { reconciled, ScriptedAccount } from '#test/support/engine/scripted-account.ts'
import { readSnapshot, writeSnapshot } from '../snapshot.ts'

const quantity = (text: string) => Quantity.parse(text)

type Upset =
  | { readonly kind: 'enter' | 'exit'; readonly eth: boolean; readonly size: number; readonly lost: 'nothing' | 'request' | 'answer' }
  | { readonly kind: 'fill'; readonly pick: number; readonly share: number; readonly told: boolean }
  | { readonly kind: 'cancel' | 'external' | 'external-fill' | 'external-cancel'; readonly pick: number }
  | { readonly kind: 'move'; readonly eth: boolean; readonly size: number }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'restart' | 'disconnect' | 'person' }

const upset: fc.Arbitrary<Upset> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('enter' as const, 'enter' as const, 'exit' as const),
      eth: fc.boolean(),
      size: fc.integer({ min: 1, max: 30 }),
      lost: fc.constantFrom('nothing' as const, 'request' as const, 'answer' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('fill' as const),
      pick: fc.nat(50),
      share: fc.constantFrom(30, 100, 100),
      told: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancel' as const, 'external' as const, 'external-fill' as const, 'external-cancel' as const),
      pick: fc.nat(50),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('move' as const), eth: fc.constant(true), size: fc.integer({ min: -5, max: 5 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'disconnect' as const, 'person' as const) }) },
)

function play(account: ScriptedAccount, one: Upset): void {
  const { driver } = account
  const open = [...account.orders].filter(([, held]) => held.state === 'OPEN')
  const mine = open.filter(([id]) => !id.startsWith('F-'))
  const theirs = open.filter(([id]) => id.startsWith('F-'))
  const pickOf = <T>(all: readonly T[], pick: number): T | undefined => all[pick % Math.max(1, all.length)]
  switch (one.kind) {
    case 'enter':
    case 'exit': {
      account.hears = ({ type }) => type !== 'SubmitOrder' || one.lost !== 'request'
      account.says = ({ type }) => type !== 'SubmitOrder' || one.lost !== 'answer'
      driver.quote(BTC, '100')
      driver.quote(ETH_PERP, '100')
      driver.signal({
        action: one.kind === 'enter' ? 'BUY' : 'CLOSE_LONG',
        symbol: one.eth ? ETH_PERP : BTC,
        ...(one.kind === 'enter' ? { quantity: quantity(`0.${one.size}`) } : {}),
      })
      account.answer()
      account.hears = () => true
      account.says = () => true
      return
    }
    case 'fill': {
      const [id, held] = pickOf(mine, one.pick) ?? []
      if (id === undefined || held === undefined) return
      const left = Quantity.toNumber(Quantity.subtract(held.request.quantity, held.filled))
      const share = Math.max(1, Math.floor(left * 10 * one.share))
      account.fill(id as never, `0.${`${share}`.padStart(3, '0')}`, { told: one.told })
      return
    }
    case 'cancel':
      return account.cancel(pickOf(mine, one.pick)?.[0] ?? '')
    case 'external':
      account.external({ quantity: '0.5' })
      return
    case 'external-fill':
      return account.fillExternal(pickOf(theirs, one.pick)?.[0] ?? '', '0.1')
    case 'external-cancel':
      return account.cancel(pickOf(theirs, one.pick)?.[0] ?? '')
    case 'move':
      return account.move(ETH_PERP, `${one.size / 10}`)
    case 'pass':
      account.pass(one.seconds)
      return
    case 'restart':
      account.restart()
      return
    case 'disconnect':
      driver.disconnect()
      account.connect()
      return
    case 'person':
      driver.command({ type: 'Reconcile', trigger: 'PERSON', by: 'person' })
      account.answer()
  }
}

describe('whatever happens', () => {
  it('a quiet minute makes both sides agree but for what is shown, and looking again finds nothing new', () => {
    let differing = 0
    fc.assert(
      fc.property(fc.array(upset, { minLength: 5, maxLength: 40 }), (upsets) => {
        const account = ScriptedAccount.ready()
        for (const one of upsets) play(account, one)
        account.pass(60)
        const { driver } = account
        const { state } = driver
        expect(state.reconciled).toBe(true)
        expect([...state.unsettled]).toEqual([])
        // Every order as the exchange has it, every fill once.
        for (const order of state.orders.values()) {
          const held = account.orders.get(order.clientOrderId)
          if (held === undefined) expect(['CANCELED', 'REJECTED'], order.clientOrderId).toContain(order.status)
          else {
            expect(order.status, order.clientOrderId).toBe(
              held.state === 'OPEN' ? (held.filled.units === 0n ? 'ACCEPTED' : 'PARTIALLY_FILLED') : held.state,
            )
            expect(Quantity.compare(order.filledQuantity, held.filled), order.clientOrderId).toBe(0)
          }
        }
        const ours = account.fills.filter(({ exchangeOrderId }) => !exchangeOrderId.startsWith('F-'))
        expect(
          driver
            .factsOf('OrderFilled')
            .map(({ tradeId }) => tradeId as string)
            .sort(),
        ).toEqual(ours.map(({ tradeId }) => tradeId as string).sort())
        // What differs is on record, and nothing else is.
        const external = [...account.orders]
          .filter(([id, held]) => id.startsWith('F-') && held.state === 'OPEN')
          .map(([id]) => `ORDER_EXTERNAL:scripted:${id}`)
        const positions = [BTC, ETH_PERP].filter((symbol) => {
          const held = ours
            .filter((fill) => fill.symbol === symbol)
            .reduce((sum, fill) => SignedQuantity.add(sum, SignedQuantity.of(fill.quantity, fill.side)), SignedQuantity.ZERO)
          return SignedQuantity.toNumber(held) !== SignedQuantity.toNumber(account.positions.get(symbol) ?? SignedQuantity.ZERO)
        })
        expect([...state.differences.keys()].sort()).toEqual(
          [...external, ...positions.map((symbol) => `POSITION:scripted:${symbol}`)].sort(),
        )
        differing += state.differences.size
        expect(reconciled(account).map(({ type }) => type)).toEqual(['ReconciliationDone'])
        expect(account.pass(60)).toEqual([])
        const again = account.restart().map(({ type }) => type)
        expect(again.filter((type) => type !== 'EquityMarked')).toEqual(['ReconciliationDone'])
        const snapshot = readSnapshot(writeSnapshot(account.driver.state))
        expect(snapshot?.differences).toEqual(account.driver.state.differences)
        expect(snapshot?.blocks).toEqual(account.driver.state.blocks)
      }),
      { numRuns: 150, interruptAfterTimeLimit: 30_000 },
    )
    expect(differing).toBeGreaterThan(20)
  })
})
