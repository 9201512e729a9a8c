import { describe, expect, it } from 'vitest'
import type { ClientOrderId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ManualOrder } from '#engine/ports.ts'
import { BTC, ETH_PERP, EngineDriver, OTHER_TRADER, TRADER } from '#test/support/engine/engine-driver.ts'
import { ScriptedAccount } from '#test/support/engine/scripted-account.ts'

const price = (text: string) => Price.parse(text)
const quantity = (text: string) => Quantity.parse(text)
const CAPABILITIES = { orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET'], amend: true } as const

/** Holds 4 long at 100 with a stop at 90 that the exchange has confirmed; a second trader is there. */
function holding(): { readonly driver: EngineDriver; readonly stop: ClientOrderId } {
  const driver = EngineDriver.ready({ capabilities: { ...CAPABILITIES, orderTypes: [...CAPABILITIES.orderTypes] } })
  driver.trader({ traderId: OTHER_TRADER })
  driver.hold('4', { symbol: ETH_PERP, protection: { stopLoss: '90' } })
  const stop = driver.factsOf('OrderSubmitted').find(({ orderType }) => orderType === 'STOP_MARKET')?.clientOrderId
  if (stop === undefined) throw new Error('no stop')
  driver.accept(stop)
  driver.takeCommands()
  return { driver, stop }
}
const canceled = (driver: EngineDriver, id: ClientOrderId) => driver.say('OrderCanceled', id, { reason: 'asked' })
const words = (driver: EngineDriver) =>
  driver.takeCommands().map((c) => (c.type === 'SubmitOrder' ? `${c.order.type} ${Number(Quantity.format(c.order.quantity))}` : c.type))
const closing = (driver: EngineDriver, size?: string) =>
  driver.signal({ symbol: ETH_PERP, action: 'CLOSE_LONG', ...(size === undefined ? {} : { quantity: quantity(size) }) })
const stopOrder = (symbol: typeof ETH_PERP, size: string): Partial<ManualOrder> => ({
  symbol,
  side: 'SELL',
  type: 'STOP_MARKET',
  quantity: quantity(size),
  price: undefined,
  triggerPrice: price('80'),
  reduceOnly: true,
})

describe('an exit beside a stop at the exchange', () => {
  it('leaves at once where the trader is alone: reduce-only keeps both', () => {
    const { driver } = holding()
    closing(driver)
    expect(words(driver)).toEqual(['MARKET 4'])
  })

  it('waits for the word of its cancel where somebody else has an entry there: the stop may have traded unseen', () => {
    const { driver, stop } = holding()
    driver.enter({ symbol: ETH_PERP, traderId: OTHER_TRADER, quantity: quantity('1') })
    expect(words(driver)).toEqual(['MARKET 1', 'CancelOrder'])
    expect(closing(driver).outcome).toBe('ACCEPTED')
    expect(words(driver)).toEqual([])
    canceled(driver, stop)
    expect(words(driver)).toEqual(['MARKET 4'])
  })

  it('is then cut to what the stop has left, and gone where it has left nothing', () => {
    for (const [filled, sent] of [
      ['1', ['MARKET 3']],
      ['4', []],
    ] as const) {
      const { driver, stop } = holding()
      driver.enter({ symbol: ETH_PERP, traderId: OTHER_TRADER, quantity: quantity('1') })
      const { clientOrderId } = closing(driver)
      driver.takeCommands()
      driver.fill(stop, filled, '90')
      if (filled === '1') canceled(driver, stop)
      expect(words(driver)).toEqual(sent)
      expect(driver.status(clientOrderId as ClientOrderId)).toBe(filled === '1' ? 'SUBMITTED' : 'CANCELED')
      expect(driver.alerts()).toEqual([])
    }
  })

  it('that waits counts as closing: nobody closes twice', () => {
    const { driver } = holding()
    driver.enter({ symbol: ETH_PERP, traderId: OTHER_TRADER, quantity: quantity('1') })
    closing(driver, '3')
    expect(closing(driver, '2')).toMatchObject({ reason: 'QUANTITY_ABOVE_POSITION', limit: '1' })
    closing(driver, '1')
    expect(closing(driver).reason).toBe('ALREADY_CLOSING')
  })

  it('still waits after a restart, and goes out during a halt that keeps positions', () => {
    const { driver, stop } = holding()
    driver.enter({ symbol: ETH_PERP, traderId: OTHER_TRADER, quantity: quantity('1') })
    driver.command({ type: 'Halt', by: 'p', reason: 'r', flatten: false })
    const { clientOrderId } = driver.order({
      symbol: ETH_PERP,
      side: 'SELL',
      type: 'MARKET',
      price: undefined,
      quantity: quantity('4'),
      reduceOnly: true,
    })
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '100')
    expect(again.status(clientOrderId as ClientOrderId)).toBe('EMULATED')
    again.say('OrderFound', stop, { exchangeOrderId: 'S' as never, status: 'CANCELED' })
    expect(again.status(clientOrderId as ClientOrderId)).toBe('SUBMITTED')
  })
})

describe('an entry beside an exit on its way out', () => {
  it('is refused until the stop that covers more than is left is gone', () => {
    const { driver, stop } = holding()
    driver.fill(driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG' }), '4')
    expect(driver.status(stop)).toBe('PENDING_CANCEL')
    const enter = () => driver.signal({ symbol: ETH_PERP, traderId: OTHER_TRADER, quantity: quantity('1') })
    expect(enter()).toMatchObject({ outcome: 'DENIED', reason: 'EXIT_IN_FLIGHT', value: stop })
    canceled(driver, stop)
    expect(enter().reason).toBe('ACCEPTED')
  })

  it('passes beside a stop that covers what is held', () => {
    const { driver } = holding()
    expect(driver.signal({ symbol: ETH_PERP, traderId: OTHER_TRADER, quantity: quantity('1') }).reason).toBe('ACCEPTED')
  })

  it('whose trigger is met waits as well', () => {
    const { driver, stop } = holding()
    const entry = driver.order({
      symbol: ETH_PERP,
      traderId: OTHER_TRADER,
      type: 'TRAILING_STOP',
      price: undefined,
      trailing: { by: 'PRICE', distance: '5' },
    })
    driver.fill(driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG' }), '4')
    driver.takeCommands()
    driver.quote(ETH_PERP, '106')
    expect(words(driver)).toEqual([])
    canceled(driver, stop)
    driver.quote(ETH_PERP, '106')
    expect([words(driver), driver.status(entry.clientOrderId as ClientOrderId)]).toEqual([['MARKET 1'], 'SUBMITTED'])
  })
})

describe("a person's own exit with a trigger", () => {
  it('waits at the exchange where reduce-only keeps it, and here on spot and beside others', () => {
    const alone = EngineDriver.ready({ capabilities: { ...CAPABILITIES, orderTypes: [...CAPABILITIES.orderTypes] } })
    alone.hold('4', { symbol: ETH_PERP })
    alone.hold('4', { symbol: BTC })
    alone.order(stopOrder(ETH_PERP, '4'))
    alone.order(stopOrder(BTC, '4'))
    alone.trader({ traderId: OTHER_TRADER })
    expect(alone.factsOf('OrderSubmitted').map(({ execution }) => execution)).toEqual([undefined, undefined, undefined, 'EMULATED'])
    alone.hold('1', { symbol: ETH_PERP, traderId: OTHER_TRADER })
    alone.order(stopOrder(ETH_PERP, '4'))
    expect(alone.factsOf('OrderSubmitted').at(-1)?.execution).toBe('EMULATED')
  })

  it('is taken back when somebody else comes, and waits here in its place', () => {
    const driver = EngineDriver.ready({ capabilities: { ...CAPABILITIES, orderTypes: [...CAPABILITIES.orderTypes] } })
    driver.trader({ traderId: OTHER_TRADER })
    driver.hold('4', { symbol: ETH_PERP })
    const own = driver.order(stopOrder(ETH_PERP, '4')).clientOrderId as ClientOrderId
    driver.accept(own)
    driver.hold('1', { symbol: ETH_PERP, traderId: OTHER_TRADER })
    expect(driver.status(own)).toBe('PENDING_CANCEL')
    canceled(driver, own)
    expect(driver.factsOf('OrderSubmitted').at(-1)).toMatchObject({ replaces: own, execution: 'EMULATED', triggerPrice: '80' })
  })

  it('is cut to what is left of the position', () => {
    const driver = EngineDriver.ready({ capabilities: { ...CAPABILITIES, orderTypes: [...CAPABILITIES.orderTypes] } })
    driver.hold('4', { symbol: ETH_PERP })
    const own = driver.order(stopOrder(ETH_PERP, '4')).clientOrderId as ClientOrderId
    driver.accept(own)
    driver.fill(driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG', quantity: quantity('1') }), '1')
    expect(driver.factsOf('OrderAmendRequested')).toMatchObject([{ clientOrderId: own, quantity: '3' }])
  })
})

describe('coins on spot that an order of somebody else has locked', () => {
  /** Holds 4, of which somebody's own sale at the exchange has locked 1.5; the account has been looked at since. */
  function locked(): ScriptedAccount {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const entry = driver.enter({ quantity: quantity('4'), stopLoss: price('90') })
    account.answer()
    account.fill(entry, '4')
    account.pass(31)
    account.external({ symbol: BTC, side: 'SELL', quantity: '1.5', price: '150' })
    account.pass(31)
    driver.takeCommands()
    return account
  }
  const sales = (driver: EngineDriver) =>
    driver.takeCommands().flatMap((c) => (c.type === 'SubmitOrder' ? [`${c.order.type} ${Number(Quantity.format(c.order.quantity))}`] : []))

  it('are left: a stop sells the rest at once and says what it cannot', () => {
    const { driver } = locked()
    driver.quote(BTC, '89')
    expect(sales(driver)).toEqual(['MARKET 2.5'])
    expect(driver.alerts()).toContain('PROTECTION_NOT_SENT')
  })

  it('are left by an emergency stop that flattens', () => {
    const { driver } = locked()
    driver.command({ type: 'Halt', by: 'p', reason: 'r', flatten: true })
    expect(sales(driver)).toEqual(['MARKET 2.5'])
  })

  it('use up no attempt of an emergency stop: it says what it cannot close, and closes it as soon as the coins are free', () => {
    const account = locked()
    const { driver } = account
    const other = account.external({ symbol: BTC, side: 'SELL', quantity: '2.5', price: '150' })
    account.pass(31)
    driver.command({ type: 'Halt', by: 'p', reason: 'r', flatten: true })
    for (let i = 0; i < 20; i += 1) driver.quote(BTC, '100')
    expect([sales(driver), driver.alerts()]).toEqual([[], ['PROTECTION_NOT_SENT']])
    account.cancel(other)
    account.says = ({ type }) => type === 'QueryAccount'
    account.pass(31)
    expect(account.swallowed.map(({ type }) => type)).toEqual(['SubmitOrder'])
    expect(driver.factsOf('OrderSubmitted').at(-1)).toMatchObject({ purpose: 'FLATTEN', quantity: '2.5' })
  })

  it('are counted once when the position they belong to is given to a trader', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    account.move(BTC, '4')
    account.external({ symbol: BTC, side: 'SELL', quantity: '1.5', price: '150' })
    account.pass(120)
    const difference = [...driver.state.differences.values()].find(({ kind }) => kind === 'POSITION')
    driver.command({ type: 'Halt', by: 'p', reason: 'r', flatten: true })
    driver.takeCommands()
    driver.command({
      type: 'DecideDifference',
      differenceId: difference?.differenceId ?? '',
      decision: 'ASSIGN',
      traderId: TRADER,
      by: 'p',
      reason: 'r',
    })
    expect([driver.position(), sales(driver)]).toEqual(['4', ['MARKET 2.5']])
  })
})
