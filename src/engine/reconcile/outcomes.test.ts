import { describe, expect, it } from 'vitest'
import type { ClientOrderId } from '#domain/ids.ts'
import { parseExchangeOrderId } from '#domain/ids.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ExchangeCommand } from '#engine/ports.ts'
import { BTC, EngineDriver, ETH_PERP } from '#test/support/engine/engine-driver.ts'
import { LIVE, ScriptedAccount } from '#test/support/engine/scripted-account.ts'
import { RESENDS_MAX, THROTTLED_RESENDS_MAX } from './outcomes.ts'
import { QUERIES_PER_SECOND } from './questions.ts'

const quantity = (text: string) => Quantity.parse(text)
const submits = (commands: readonly ExchangeCommand[], id: ClientOrderId) =>
  commands.filter((command) => command.type === 'SubmitOrder' && command.order.clientOrderId === id).length
const kinds = (commands: readonly ExchangeCommand[]) => commands.map(({ type }) => type)

describe('an order whose answer is lost', () => {
  it('that arrived is found by asking, its fills are fetched, and it is never sent twice', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    account.says = (command) => command.type !== 'SubmitOrder'
    const id = driver.enter({ quantity: quantity('2') })
    account.answer()
    account.fill(id, '2')
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    account.answer()
    expect([driver.status(id), driver.position(), driver.reserved()]).toEqual(['FILLED', '2', '0'])
    account.pass(60)
    expect(driver.factsOf('OrderFilled')).toHaveLength(1)
    expect(account.fills).toHaveLength(1)
    expect([...driver.state.differences.keys()]).toEqual([])
  })

  it('that ended in part at the exchange waits for its fills before it ends here', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter({ quantity: quantity('2') })
    account.answer()
    account.fill(id, '0.5')
    account.cancel(id)
    const facts = account.pass(31)
    expect(
      facts
        .filter(({ type }) => type === 'OrderFilled' || type === 'OrderStatusChanged')
        .map((fact) => ('orderStatus' in fact ? fact.orderStatus : 'status' in fact ? fact.status : '')),
    ).toEqual(['PARTIALLY_FILLED', 'CANCELED'])
    expect([driver.status(id), driver.position(), driver.reserved()]).toEqual(['CANCELED', '0.5', '0'])
  })

  it('that ended, the exchange does not say with what fills, ends after one look at them', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter({ quantity: quantity('2') })
    account.answer()
    account.fill(id, '0.5')
    account.cancel(id)
    driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`), status: 'CANCELED' })
    expect([driver.status(id), driver.reserved()]).toEqual(['UNKNOWN', '200'])
    account.answer()
    expect([driver.status(id), driver.position(), driver.reserved()]).toEqual(['CANCELED', '0.5', '0'])
  })

  it('that never arrived is proved absent by three answers apart, its age and the account, and only then sent again', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    account.hears = (command) => command.type !== 'SubmitOrder'
    const id = driver.enter()
    account.answer()
    driver.say('OrderOutcomeUnknown', id, { reason: 'reset' })
    account.answer()
    const accountsBefore = account.asked.accounts
    const began = driver.now
    const sentAt: number[] = []
    account.hears = ({ type }) => {
      if (type === 'SubmitOrder') sentAt.push((driver.now - began) / 1_000)
      return true
    }
    account.pass(20)
    expect(sentAt).toHaveLength(1)
    expect(sentAt[0]).toBeGreaterThanOrEqual(LIVE.acceptanceWindowMs / 1_000)
    expect(account.asked.accounts).toBeGreaterThan(accountsBefore)
    expect(driver.status(id)).toBe('ACCEPTED')
    expect(account.orders.size).toBe(1)
  })

  it('and that the exchange shows late is not sent again: answers before its lag is over prove nothing', () => {
    const account = ScriptedAccount.ready({ ...LIVE, acceptanceWindowMs: 8_000 })
    const { driver } = account
    account.says = (command) => command.type !== 'SubmitOrder'
    const id = driver.enter()
    account.hidden.add(id)
    account.answer()
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    account.pass(7)
    account.hidden.delete(id)
    account.pass(10)
    expect(submits(account.swallowed, id)).toBe(1)
    expect(driver.status(id)).toBe('ACCEPTED')
  })

  it('three answers at one moment are one', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    account.hears = (command) => command.type !== 'SubmitOrder'
    const id = driver.enter()
    account.answer()
    driver.now += 8_000
    for (let i = 0; i < 3; i += 1) driver.say('OrderNotFound', id, { authoritative: false })
    driver.command({ type: 'Reconcile', trigger: 'PERSON', by: 'person' })
    account.answer()
    expect(submits(account.swallowed, id)).toBe(1)
  })

  it('one answer of an exchange that says it has no lag is enough', () => {
    const account = ScriptedAccount.ready()
    account.authoritative = true
    const { driver } = account
    account.hears = (command) => command.type !== 'SubmitOrder'
    const id = driver.enter()
    account.answer()
    account.hears = () => true
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    account.answer()
    expect(driver.status(id)).toBe('ACCEPTED')
  })

  it("is a person's to decide where the account cannot be asked: absence alone is no proof", () => {
    const account = ScriptedAccount.ready({ ...LIVE, accountQuery: false })
    const { driver } = account
    account.hears = (command) => command.type !== 'SubmitOrder'
    const id = driver.enter()
    account.answer()
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    account.pass(60)
    expect(submits(account.swallowed, id)).toBe(1)
    expect([driver.status(id), driver.reserved()]).toEqual(['UNKNOWN', '100'])
    expect([...driver.state.differences.values()].map(({ kind }) => kind)).toEqual(['ORDER_MISSING'])
  })

  it('is given up after some resends, and when nobody wants it any more', () => {
    const account = ScriptedAccount.ready()
    account.authoritative = true
    const { driver } = account
    account.hears = (command) => command.type !== 'SubmitOrder'
    const id = driver.enter()
    account.answer()
    for (let i = 0; i <= RESENDS_MAX; i += 1) account.pass(30)
    expect(submits(account.swallowed, id)).toBe(1 + RESENDS_MAX)
    expect([driver.status(id), driver.reserved()]).toEqual(['CANCELED', '0'])
    expect(driver.factsOf('OrderStatusChanged').at(-1)?.reason).toMatch(/^never reached the exchange; sent 4 times/)
  })

  it('is not sent again where a difference shuts the instrument', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    account.hears = (command) => command.type !== 'SubmitOrder'
    const id = driver.enter()
    account.answer()
    account.authoritative = true
    driver.process({ type: 'Command', ts: driver.now, command: { type: 'Record', facts: [] } })
    driver.engine.state.blocks.set(BTC, new Set(['POSITION:scripted:BTC/USDT']))
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    account.answer()
    expect(driver.status(id)).toBe('CANCELED')
  })

  it('keeps what it reserves and shuts its instrument until the exchange has spoken', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    account.hears = () => false
    const id = driver.enter({ quantity: quantity('2') })
    account.answer()
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    account.pass(600)
    expect([driver.status(id), driver.reserved()]).toEqual(['UNKNOWN', '200'])
    driver.quote(BTC, '100')
    driver.quote(ETH_PERP, '100')
    expect(driver.signal().reason).toBe('OUTCOME_UNKNOWN_PENDING')
    expect(driver.signal({ symbol: ETH_PERP }).reason).toBe('ACCEPTED')
  })
})

describe('answers that are not what they seem', () => {
  it('a doubled id is proof that the order is there', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter()
    account.answer()
    const lost = account.driver.restarted()
    account.driver = lost
    lost.facts.push(...driver.facts)
    lost.connect()
    lost.takeCommands()
    lost.say('OrderRejected', id, { code: 'DUPLICATE_CLIENT_ORDER_ID', message: 'used before' })
    expect(lost.status(id)).not.toBe('REJECTED')
    expect(kinds(lost.takeCommands())).toEqual(['QueryOrder'])
    lost.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId('X-1'), status: 'OPEN' })
    expect(lost.status(id)).toBe('ACCEPTED')
  })

  it('an id that is known there and cannot be found is never guessed away', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.say('OrderRejected', id, { code: 'DUPLICATE_CLIENT_ORDER_ID', message: 'used before' })
    driver.say('OrderNotFound', id, { authoritative: true })
    expect([driver.status(id), driver.reserved()]).toEqual(['UNKNOWN', '100'])
    expect([...driver.state.differences.values()].map(({ kind, blocking }) => [kind, blocking])).toEqual([['ORDER_MISSING', true]])
  })

  it('a rejection of an order that has filled is looked into; the fill stays', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter({ quantity: quantity('2') })
    driver.fill(id, '1')
    driver.takeCommands()
    driver.say('OrderRejected', id, { code: 'X', message: 'no' })
    expect([driver.status(id), driver.position(), driver.reserved()]).toEqual(['UNKNOWN', '1', '100'])
    expect(kinds(driver.takeCommands())).toEqual(['QueryOrder'])
    driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId('X-1'), status: 'REJECTED', filledQuantity: quantity('1') })
    expect([driver.status(id), driver.position(), driver.reserved()]).toEqual(['CANCELED', '1', '0'])
    driver.fill(id, '1')
    expect(driver.position()).toBe('2')
  })

  it('a rejection after the acceptance ends the order, and a fill that comes later is still booked', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.accept(id)
    driver.say('OrderRejected', id, { code: 'X', message: 'no' })
    expect([driver.status(id), driver.reserved()]).toEqual(['REJECTED', '0'])
    driver.fill(id, '1')
    expect([driver.status(id), driver.position()]).toEqual(['FILLED', '1'])
  })

  it('a confirmed order that is not there any more is a difference for a person, not a guess', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter()
    account.answer()
    account.orders.delete(id)
    account.pass(60)
    expect([driver.status(id), driver.reserved()]).toEqual(['UNKNOWN', '100'])
    expect([...driver.state.differences.values()].map(({ kind }) => kind)).toEqual(['ORDER_MISSING'])
    const [difference] = driver.state.differences.values()
    expect(
      driver.command({
        type: 'DecideDifference',
        differenceId: difference?.differenceId ?? '',
        decision: 'IGNORE',
        by: 'p',
        reason: 'why',
      }),
    ).toMatchObject({ type: 'Refused' })
    expect(
      driver.command({
        type: 'DecideDifference',
        differenceId: difference?.differenceId ?? '',
        decision: 'ADOPT',
        by: 'p',
        reason: 'looked',
      }),
    ).toMatchObject({ type: 'Done' })
    expect([driver.status(id), driver.reserved(), driver.state.differences.size]).toEqual(['CANCELED', '0', 0])
  })

  it('a refused cancel of an order that has ended meanwhile does not leave it open for ever', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter()
    account.answer()
    account.cancel(id)
    driver.command({ type: 'CancelOrder', clientOrderId: id, by: 'person' })
    account.answer()
    expect([driver.status(id), driver.reserved()]).toEqual(['CANCELED', '0'])
  })
})

describe('an order refused for now', () => {
  it('is sent again under its own id after the wait, a few times, and then given up', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.takeCommands()
    for (let i = 1; i <= THROTTLED_RESENDS_MAX; i += 1) {
      driver.say('OrderThrottled', id, { retryAfterMs: 2_000, reason: '429' })
      driver.tick(1_999)
      expect(driver.takeCommands()).toEqual([])
      driver.tick(1)
      expect(driver.sent()).toEqual([id])
      driver.takeCommands()
      expect(driver.reserved()).toBe('100')
    }
    driver.say('OrderThrottled', id, { retryAfterMs: 2_000, reason: '429' })
    expect([driver.status(id), driver.reserved()]).toEqual(['CANCELED', '0'])
  })

  it('is not sent again after a stop, nor when the wait outlives its price; an exit waits', () => {
    const driver = EngineDriver.ready()
    const [stopped, late] = [driver.enter(), driver.enter({ symbol: ETH_PERP })]
    driver.say('OrderThrottled', late, { retryAfterMs: 600_000, reason: '418' })
    expect(driver.status(late)).toBe('CANCELED')
    driver.say('OrderThrottled', stopped, { retryAfterMs: 1_000, reason: '429' })
    driver.command({ type: 'Halt', by: 'person', reason: 'test', flatten: false })
    driver.takeCommands()
    driver.tick(1_000)
    expect(driver.sent()).toEqual([])
    expect(driver.status(stopped)).toBe('CANCELED')
    const other = EngineDriver.ready()
    other.hold('1')
    const exit = other.enter({ action: 'CLOSE_LONG' })
    other.say('OrderThrottled', exit, { retryAfterMs: Number.NaN, reason: '418' })
    other.takeCommands()
    other.tick(599_999)
    expect(other.sent()).toEqual([])
    other.tick(1)
    expect(other.sent()).toEqual([exit])
  })

  it('is unknown after a restart, and asked about', () => {
    const before = EngineDriver.ready()
    const id = before.enter()
    before.say('OrderThrottled', id, { retryAfterMs: 60_000, reason: '429' })
    const driver = before.restarted()
    driver.connect()
    expect(driver.status(id)).toBe('UNKNOWN')
    expect(kinds(driver.takeCommands())).toEqual(['QueryOrder'])
    driver.tick(60_000)
    expect(driver.sent()).toEqual([])
  })
})

describe('questions', () => {
  it('of 500 open orders at a start are no storm: so many a second, oldest first, each asked once until it is late', () => {
    const before = EngineDriver.ready({ balance: '10000000' })
    const ids = Array.from({ length: 500 }, () => before.enter())
    for (const id of ids) before.accept(id)
    const driver = before.restarted()
    driver.connect()
    const asked: ClientOrderId[] = []
    for (let second = 0; second < 30; second += 1) {
      const now = driver.takeCommands().flatMap((command) => (command.type === 'QueryOrder' ? [command.clientOrderId] : []))
      expect(now.length).toBeLessThanOrEqual(QUERIES_PER_SECOND)
      asked.push(...now)
      for (const id of now) driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`) })
      driver.tick(1_000)
    }
    expect(asked).toEqual(ids)
    expect(driver.state.reconciled).toBe(true)
  })

  it('about 500 open orders are one where the exchange shows its account', () => {
    const account = ScriptedAccount.ready()
    account.driver.limits({})
    const ids = Array.from({ length: 90 }, () => account.driver.enter({ quantity: quantity('0.1') }))
    account.answer()
    const asked = { ...account.asked }
    account.restart()
    expect(account.asked).toEqual({ orders: asked.orders, accounts: asked.accounts + 1 })
    expect(account.driver.state.reconciled).toBe(true)
    expect(ids.every((id) => account.driver.status(id) === 'ACCEPTED')).toBe(true)
  })

  it('that get no answer are asked less and less often', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    driver.takeCommands()
    const seconds: number[] = []
    for (let second = 1; second <= 80; second += 1) {
      driver.tick(1_000)
      if (driver.takeCommands().length > 0) seconds.push(second)
    }
    expect(seconds).toEqual([5, 15, 35, 55, 75])
  })
})
