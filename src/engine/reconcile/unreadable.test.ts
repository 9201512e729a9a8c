import { describe, expect, it } from 'vitest'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, type SignedQuantity } from '#domain/money/quantity.ts'
import { BTC } from '#test/support/engine/engine-driver.ts'
import { reconciled, ScriptedAccount } from '#test/support/engine/scripted-account.ts'

const quantity = (text: string) => Quantity.parse(text)

describe('what cannot be read', () => {
  it.each([
    ['a price of nothing', { price: Price.parse('0') }],
    ['a negative quantity', { quantity: { units: -5n, scale: 1 } as Quantity }],
    ['a quantity of nothing', { quantity: Quantity.ZERO }],
    ['31 digits', { price: { units: 1n, scale: 31 } as Price }],
    ['a price finer than any', { price: Price.parse('0.00000000000000000000000001') }],
    ['no number', { price: { units: Number.NaN, scale: 0 } as unknown as Price }],
    ['nothing', { quantity: undefined as unknown as Quantity }],
    ['an enormous price', { price: { units: 10n ** 60n, scale: 0 } as Price }],
    ['a fee of no currency', { fee: { units: 1n, scale: 0 } as Money }],
    ['no trade id', { tradeId: '' as never }],
  ])('%s in a fill is said, changes nothing, is asked about, and the true fill is booked', (_, garbage) => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter({ quantity: quantity('1') })
    account.answer()
    account.fill(id, '1')
    const [fill] = account.fills
    if (fill === undefined) throw new Error('no fill')
    account.tell({ ...fill, ...garbage })
    account.tell({ ...fill, ...garbage })
    expect(driver.alerts()).toEqual(['REPORT_UNREADABLE'])
    expect(driver.position()).toBe('0')
    account.answer()
    expect([driver.position(), driver.status(id)]).toEqual(['1', 'FILLED'])
  })

  it('a time far ahead is said and cut off: the clock of the exchange does not move ours', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter({ quantity: quantity('1') })
    account.answer()
    account.fill(id, '1')
    const [fill] = account.fills
    for (const ts of [driver.now + 86_400_000, Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])
      if (fill !== undefined) account.tell({ ...fill, ts })
    account.garble = (snapshot) => ({ ...snapshot, ts: driver.now + 10 ** 12 })
    reconciled(account)
    expect([driver.position(), driver.state.now]).toEqual(['1', driver.now])
    expect(driver.alerts()).toEqual(['EXCHANGE_CLOCK_WRONG'])
    expect(driver.facts.every(({ ts }) => ts <= driver.now)).toBe(true)
  })

  it('a fee in another currency is kept beside the books and shown, and the money stays exact', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    for (const fee of ['0.001', '0.0025']) {
      const id = driver.enter({ quantity: quantity('1') })
      account.answer()
      account.fill(id, '1')
      const fill = account.fills.at(-1)
      if (fill !== undefined) account.tell({ ...fill, fee: Money.parse(fee, 'BNB') })
    }
    expect(driver.position()).toBe('2')
    expect(driver.factsOf('OrderFilled').map(({ fee, foreignFee, cash }) => [fee, foreignFee?.amount, cash])).toEqual([
      ['0', '0.001', '10000'],
      ['0', '0.0025', '10000'],
    ])
    expect(Money.format(driver.state.foreignFees.get('BNB') ?? Money.zero('BNB'))).toBe('0.0035')
    expect(driver.factsOf('DifferenceFound')).toHaveLength(1)
    expect([...driver.state.differences.values()][0]).toMatchObject({ kind: 'BALANCE', currency: 'BNB', blocking: false })
    account.pass(60)
    expect(driver.state.differences.size).toBe(1)
  })

  it('rows of an account are left out, said once, and prove nothing about their instrument', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter({ quantity: quantity('1') })
    account.answer()
    account.garble = (snapshot) => ({
      ...snapshot,
      openOrders: snapshot.openOrders.map((order) => ({ ...order, quantity: { units: -1n, scale: 0 } as Quantity })),
      positions: [{ symbol: BTC, quantity: { units: 1n, scale: 99 } as SignedQuantity }],
      fills: null as never,
    })
    account.pass(31)
    account.garble = (snapshot) => ({
      ...snapshot,
      openOrders: [{ ...snapshot.openOrders[0], quantity: undefined } as never],
    })
    account.pass(60)
    expect(new Set(driver.alerts())).toEqual(new Set(['ACCOUNT_UNREADABLE']))
    expect([driver.status(id), driver.state.differences.size]).toEqual(['ACCEPTED', 0])
  })
})
