import { describe, expect, it } from 'vitest'
import type { DifferenceDecision } from '#domain/difference.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { BTC, ETH_PERP, OTHER_TRADER, TRADER, type EngineDriver } from '#test/support/engine/engine-driver.ts'
import { LIVE, ScriptedAccount } from '#test/support/engine/scripted-account.ts'
import { EXTERNAL_TRADER } from './assign.ts'

const quantity = (text: string) => Quantity.parse(text)
const kindsOf = (driver: EngineDriver) => [...driver.state.differences.values()].map(({ kind }) => kind)
const only = (driver: EngineDriver) => [...driver.state.differences.values()][0] ?? failed()
function failed(): never {
  throw new Error('there is no difference')
}
const decide = (driver: EngineDriver, differenceId: string, decision: DifferenceDecision, traderId?: typeof TRADER) =>
  driver.command({ type: 'DecideDifference', differenceId, decision, traderId, by: 'person', reason: 'looked at it' })

describe('orders of somebody else', () => {
  it('are watched and counted in risk, never touched, and shut nothing; a decision adopts them', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const held = driver.enter({ quantity: quantity('1') })
    account.answer()
    account.fill(held, '1', { told: true })
    driver.limits({ maxPositionNotional: '1000' })
    account.external({ quantity: '6', symbol: ETH_PERP })
    account.pass(31)
    expect(only(driver)).toMatchObject({
      kind: 'ORDER_EXTERNAL',
      blocking: false,
      suggestion: 'ADOPT',
      theirs: 'LIMIT BUY 6 ETH/USDT:USDT at 100',
    })
    expect(driver.signal({ symbol: ETH_PERP, quantity: quantity('4.1') }).reason).toBe('MAX_POSITION_NOTIONAL')
    expect(driver.signal({ symbol: ETH_PERP, quantity: quantity('4') }).reason).toBe('ACCEPTED')
    driver.limits({})
    expect(driver.signal({ quantity: quantity('89.1') })).toMatchObject({ reason: 'INSUFFICIENT_BALANCE', limit: '8900' })
    expect(decide(driver, only(driver).differenceId, 'ADOPT')).toMatchObject({ type: 'Done' })
    account.answer()
    const before = driver.factsOf('DifferenceFound').length
    account.pass(60)
    expect(driver.factsOf('DifferenceFound')).toHaveLength(before)
    expect(driver.state.learnt.external.orders.size).toBe(1)
    expect(account.swallowed).toEqual([])
  })

  it('are canceled by their own id when a person says so; one that stays is shown again', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = account.external({ quantity: '1' })
    account.pass(31)
    const { differenceId } = only(driver)
    account.hears = ({ type }) => type !== 'CancelExternalOrder'
    decide(driver, differenceId, 'CLOSE')
    account.answer()
    expect(account.swallowed).toMatchObject([{ type: 'CancelExternalOrder', exchangeOrderId: id }])
    account.pass(61)
    expect(kindsOf(driver)).toEqual(['ORDER_EXTERNAL'])
    account.hears = () => true
    decide(driver, differenceId, 'CLOSE')
    account.answer()
    account.pass(31)
    expect([driver.state.differences.size, driver.state.settledDifferences.size]).toEqual([0, 0])
    expect(driver.factsOf('DifferenceClosed').map(({ decision }) => decision)).toEqual(['CLOSE', 'CLOSE', 'GONE'])
  })

  it('of ours that our books have closed are canceled, and what they fill is booked', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter({ quantity: quantity('2') })
    account.answer()
    driver.say('OrderCanceled', id, { reason: 'a mistake of the exchange' })
    account.fill(id, '1')
    account.pass(40)
    expect(account.orders.get(id)?.state).toBe('CANCELED')
    expect([driver.status(id), driver.position()]).toEqual(['CANCELED', '1'])
    expect(driver.factsOf('DifferenceFound')).toHaveLength(1)
    account.pass(31)
    expect(driver.state.differences.size).toBe(0)
  })

  it('changed at the exchange shut the instrument until somebody adopts the change', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter({ quantity: quantity('2') })
    account.answer()
    const held = account.orders.get(id)
    if (held === undefined) throw new Error('no order')
    account.orders.set(id, { ...held, request: { ...held.request, quantity: quantity('3') } })
    account.pass(40)
    expect(only(driver)).toMatchObject({ kind: 'ORDER_CHANGED', blocking: true })
    driver.quote(BTC, '100')
    expect(driver.signal()).toMatchObject({ reason: 'DIFFERENCE_OPEN', value: only(driver).differenceId })
    decide(driver, only(driver).differenceId, 'ADOPT')
    account.pass(40)
    expect([driver.reserved(), driver.state.differences.size]).toEqual(['300', 0])
    driver.quote(BTC, '100')
    expect(driver.signal().reason).toBe('ACCEPTED')
  })
})

describe('positions', () => {
  /** One unit held on both sides, and somebody else's trade on top of it. */
  function foreign(by = '0.5'): ScriptedAccount {
    const account = ScriptedAccount.ready()
    const id = account.driver.enter({ symbol: ETH_PERP, quantity: quantity('1') })
    account.answer()
    account.fill(id, '1', { told: true })
    account.move(ETH_PERP, by)
    account.pass(40)
    return account
  }

  it('that differ shut entries in their instrument, not exits, and count in risk', () => {
    const { driver } = foreign()
    expect(only(driver)).toMatchObject({ kind: 'POSITION', ours: '1', theirs: '1.5', blocking: true })
    driver.quote(ETH_PERP, '100')
    expect(driver.signal({ symbol: ETH_PERP }).reason).toBe('DIFFERENCE_OPEN')
    expect(driver.signal({ symbol: ETH_PERP, action: 'CLOSE_LONG' }).reason).toBe('ACCEPTED')
  })

  it('that vanished at the exchange are seen', () => {
    const { driver } = foreign('-1')
    expect(only(driver)).toMatchObject({ ours: '1', theirs: '0', blocking: true })
  })

  it('need two looks: one that shows once is no difference', () => {
    const account = ScriptedAccount.ready()
    account.move(ETH_PERP, '1')
    account.pass(30)
    expect(account.driver.state.differences.size).toBe(0)
    account.move(ETH_PERP, '-1')
    account.pass(60)
    expect(account.driver.factsOf('DifferenceFound')).toEqual([])
  })

  it('given to a trader cost what they are worth, move no cash, and agree from then on', () => {
    for (const [decision, traderId] of [
      ['ASSIGN', OTHER_TRADER],
      ['ADOPT', TRADER],
    ] as const) {
      const account = foreign()
      const { driver } = account
      driver.quote(ETH_PERP, '120')
      const cash = Money.format(driver.state.accounts.get('USDT')?.realized ?? Money.zero('USDT'))
      decide(driver, only(driver).differenceId, decision, traderId)
      const held = traderId === TRADER ? '1.5' : '0.5'
      expect([driver.position(ETH_PERP, traderId), driver.state.differences.size]).toEqual([held, 0])
      expect(Money.format(driver.state.accounts.get('USDT')?.realized ?? Money.zero('USDT'))).toBe(cash)
      expect(driver.factsOf('PositionAssigned')).toMatchObject([{ quantity: '0.5', price: '120', by: 'person' }])
      expect(driver.factsOf('ActionAudited').at(-1)).toMatchObject({ action: 'decide-difference', before: 'open; ours: 1; theirs: 1.5' })
      account.pass(60)
      expect(driver.factsOf('DifferenceFound')).toHaveLength(1)
    }
  })

  it('closed by a person are traded away through the gate, and end flat of what was not ours', () => {
    const account = foreign()
    const { driver } = account
    expect(decide(driver, only(driver).differenceId, 'CLOSE')).toMatchObject({ type: 'Done' })
    const [id] = driver.sent()
    account.answer()
    if (id === undefined) throw new Error('nothing was sent')
    account.fill(id, '0.5', { told: true })
    expect([driver.position(ETH_PERP, EXTERNAL_TRADER), driver.position(ETH_PERP)]).toEqual(['0', '1'])
    account.pass(60)
    expect(driver.state.differences.size).toBe(0)
    expect(driver.state.orders.get(id)).toMatchObject({ reduceOnly: true, side: 'SELL' })
  })

  it('ignored are silent until they change, and still counted', () => {
    const account = foreign()
    const { driver } = account
    const { differenceId } = only(driver)
    decide(driver, differenceId, 'IGNORE')
    account.pass(90)
    expect(driver.factsOf('DifferenceFound')).toHaveLength(1)
    expect(driver.state.learnt.external.bySymbol.get(ETH_PERP)).toMatchObject({ position: SignedQuantity.parse('0.5') })
    driver.quote(ETH_PERP, '100')
    const more = driver.enter({ symbol: ETH_PERP, quantity: quantity('2') })
    account.answer()
    account.fill(more, '2', { told: true })
    account.pass(90)
    expect(driver.factsOf('DifferenceFound')).toHaveLength(1)
    account.move(ETH_PERP, '0.1')
    account.pass(60)
    expect(driver.factsOf('DifferenceFound')).toHaveLength(2)
    account.move(ETH_PERP, '-0.6')
    account.pass(60)
    expect(driver.state.differences.size).toBe(0)
  })

  it('of nobody known are refused to a trader that does not exist, and cannot be decided twice', () => {
    const { driver } = foreign()
    const { differenceId } = only(driver)
    const before = driver.facts.length
    expect(decide(driver, differenceId, 'ASSIGN')).toMatchObject({ type: 'Refused' })
    expect(decide(driver, 'POSITION:scripted:NO/SUCH', 'IGNORE')).toMatchObject({ type: 'Refused', code: 'NOT_FOUND' })
    expect(driver.facts).toHaveLength(before)
    decide(driver, differenceId, 'ASSIGN', TRADER)
    expect(decide(driver, differenceId, 'ASSIGN', TRADER)).toMatchObject({ type: 'Refused', code: 'NOT_FOUND' })
  })

  it('given away against a held position take their share of the cost with them', () => {
    const { driver } = foreign('-0.25')
    driver.quote(ETH_PERP, '140')
    decide(driver, only(driver).differenceId, 'ADOPT', TRADER)
    const position = [...driver.state.positions.values()].find(({ symbol }) => symbol === ETH_PERP)
    expect([
      SignedQuantity.format(position?.quantity ?? SignedQuantity.ZERO),
      Money.format(position?.entryCost ?? Money.zero('USDT')),
    ]).toEqual(['0.75', '75'])
    expect(Money.format(driver.state.accounts.get('USDT')?.realized ?? Money.zero('USDT'))).toBe('0')
  })
})

describe('cash', () => {
  const withCash = (account: ScriptedAccount, cash: string) => {
    account.garble = (snapshot) => ({ ...snapshot, balances: [{ currency: 'USDT', cash: Money.parse(cash, 'USDT') }] })
    account.pass(40)
  }

  it('that is a little off is no difference; more of it is one, and a large lack shuts all entries', () => {
    for (const [cash, blocking] of [
      ['9999.5', undefined],
      ['9995', false],
      ['12000', false],
      ['9000', true],
    ] as const) {
      const account = ScriptedAccount.ready()
      withCash(account, cash)
      const { driver } = account
      expect([...driver.state.differences.values()].map((difference) => difference.blocking)).toEqual(
        blocking === undefined ? [] : [blocking],
      )
      driver.quote(BTC, '100')
      expect(driver.signal().reason).toBe(blocking === true ? 'DIFFERENCE_OPEN' : 'ACCEPTED')
      if (blocking === undefined) continue
      expect(decide(driver, only(driver).differenceId, 'ADOPT')).toMatchObject({ type: 'Refused' })
      expect(decide(driver, only(driver).differenceId, 'IGNORE')).toMatchObject({ type: 'Done' })
      expect(driver.state.blocks.size).toBe(0)
    }
  })

  it('does not depend on the order in which fills reach us: what is open goes by the average price of the exchange', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const trade = (change: Parameters<typeof driver.enter>[0]) => {
      const id = driver.enter({ symbol: ETH_PERP, quantity: quantity('1'), ...change })
      account.answer()
      return id
    }
    account.fill(trade({}), '1', { told: true })
    const close = trade({ action: 'CLOSE_LONG' })
    const more = trade({})
    account.fill(close, '1', { price: '300' })
    account.fill(more, '1', { price: '500', told: true })
    for (const fill of account.fills) account.tell(fill)
    expect([driver.position(ETH_PERP), Money.format(driver.state.accounts.get('USDT')?.realized ?? Money.zero('USDT'))]).toEqual(['1', '0'])
    // There 200 were settled by the sale, and what is held was bought for 500.
    account.garble = (snapshot) => ({
      ...snapshot,
      positions: snapshot.positions.map((position) => ({ ...position, averagePrice: Price.parse('500') })),
      balances: [{ currency: 'USDT', cash: Money.parse('10200', 'USDT') }],
    })
    account.pass(40)
    expect(driver.state.differences.size).toBe(0)
  })

  it('of a spot purchase is in the position', () => {
    const account = ScriptedAccount.ready()
    const id = account.driver.enter({ quantity: quantity('2') })
    account.answer()
    account.fill(id, '2', { told: true })
    withCash(account, '9800')
    expect(account.driver.state.differences.size).toBe(0)
  })
})

describe('an empty journal and an account that is not', () => {
  it('shows everything, trades nothing before it is decided, and takes over what a person gives it', () => {
    const account = new ScriptedAccount()
    account.external({ quantity: '1', symbol: BTC })
    account.external({ quantity: '1', symbol: ETH_PERP })
    account.move(ETH_PERP, '-3')
    account.connect()
    const { driver } = account
    driver.trader()
    driver.limits({})
    for (const symbol of [BTC, ETH_PERP]) driver.quote(symbol, '100')
    expect(driver.signal().reason).toBe('NOT_RECONCILED')
    account.pass(LIVE.acceptanceWindowMs / 1_000)
    expect(kindsOf(driver).sort()).toEqual(['ORDER_EXTERNAL', 'ORDER_EXTERNAL', 'POSITION'])
    expect([driver.signal().reason, driver.signal({ symbol: ETH_PERP }).reason]).toEqual(['DIFFERENCE_OPEN', 'DIFFERENCE_OPEN'])
    expect(account.swallowed).toEqual([])
    for (const differenceId of new Set(driver.state.differences.keys())) decide(driver, differenceId, 'ADOPT', TRADER)
    expect([driver.position(ETH_PERP), driver.state.differences.size]).toEqual(['-3', 0])
    account.answer()
    account.pass(60)
    driver.quote(BTC, '100')
    expect([driver.state.differences.size, driver.signal({ quantity: quantity('1') }).reason]).toEqual([0, 'ACCEPTED'])
    expect(account.orders.size).toBe(2)
  })
})
