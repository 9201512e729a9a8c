import { describe, expect, it } from 'vitest'
import { Quantity } from '#domain/money/quantity.ts'
import { BTC, ETH_PERP, OTHER_TRADER } from '#test/support/engine/engine-driver.ts'
import { LIVE, reconciled, ScriptedAccount } from '#test/support/engine/scripted-account.ts'
import { LEFTOVERS_AFTER_MS } from './leftovers.ts'

const quantity = (text: string) => Quantity.parse(text)

describe('the account', () => {
  it('is compared at the start, every 30 s, on demand and after a disconnect, and says so only when it was asked or found something', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    expect(driver.factsOf('ReconciliationDone').map(({ trigger }) => trigger)).toEqual(['START'])
    account.pass(300)
    expect(account.asked.accounts).toBe(11)
    expect(driver.factsOf('ReconciliationDone')).toHaveLength(1)
    // What leaves no fact was still done, and can be told.
    expect(driver.now - (driver.state.learnt.account.comparedAt ?? 0)).toBeLessThanOrEqual(30_000)
    reconciled(account)
    driver.disconnect()
    expect(driver.state.learnt.account.comparedAt).toBeUndefined()
    account.connect()
    driver.command({ type: 'Reconcile', trigger: 'WAKE', by: 'engine' })
    expect(driver.state.reconciled).toBe(false)
    account.answer()
    expect(driver.state.reconciled).toBe(true)
    expect(driver.factsOf('ReconciliationDone').map(({ trigger }) => trigger)).toEqual(['START', 'PERSON', 'RECONNECT', 'WAKE'])
  })

  it('keeps the gate shut until it has been compared, and does not wait for one that cannot be asked', () => {
    const account = new ScriptedAccount()
    account.says = (command) => command.type !== 'QueryAccount'
    account.connect()
    account.driver.trader()
    account.driver.quote(BTC, '100')
    expect(account.driver.signal().reason).toBe('NOT_RECONCILED')
    account.pass(100)
    expect(account.driver.alerts()).toEqual(['ACCOUNT_NOT_ANSWERED'])
    account.says = () => true
    account.pass(31)
    expect(account.driver.signal().reason).toBe('ACCEPTED')
    expect(ScriptedAccount.ready({ ...LIVE, accountQuery: false }).driver.signal().reason).toBe('ACCEPTED')
  })

  it('an answer to an older question is not taken', () => {
    const account = ScriptedAccount.ready()
    account.move(BTC, '5')
    account.driver.process({ type: 'Account', snapshot: account.snapshot(1, 0) })
    expect(account.driver.state.differences.size).toBe(0)
  })

  it('books fills that were missed, once, to the order they belong to', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const [mine, sibling] = [driver.enter({ quantity: quantity('2') }), driver.enter({ quantity: quantity('2'), traderId: OTHER_TRADER })]
    account.answer()
    account.fill(sibling, '2')
    account.fill(mine, '0.5')
    account.pass(31)
    expect([driver.position(BTC, OTHER_TRADER), driver.position(), driver.status(sibling), driver.status(mine)]).toEqual([
      '2',
      '0.5',
      'FILLED',
      'PARTIALLY_FILLED',
    ])
    for (const fill of account.fills) account.tell(fill)
    account.pass(60)
    expect(driver.factsOf('OrderFilled')).toHaveLength(2)
    expect(driver.factsOf('ReconciliationDone').at(-1)).toMatchObject({ trigger: 'CLOCK', recoveredFills: 2, openDifferences: 0 })
    expect(driver.state.differences.size).toBe(0)
  })

  it('after a crash books what was filled while nobody was there, and has no difference', () => {
    const account = ScriptedAccount.ready()
    const id = account.driver.enter({ quantity: quantity('2') })
    account.answer()
    account.driver.now += 3_600_000
    account.fill(id, '2')
    account.driver.now += 3_600_000
    const facts = account.restart()
    expect(facts.map(({ type }) => type)).toContain('OrderFilled')
    expect([account.driver.position(), account.driver.status(id), account.driver.state.differences.size]).toEqual(['2', 'FILLED', 0])
    expect(account.restart().filter(({ type }) => type === 'OrderFilled')).toEqual([])
  })

  it('fills the exchange has and does not name are a difference after three questions, never invented', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter({ quantity: quantity('2') })
    account.answer()
    account.fill(id, '2')
    const lost = account.fills.splice(0)
    account.pass(60)
    expect([driver.status(id), driver.position(), driver.reserved()]).toEqual(['UNKNOWN', '0', '200'])
    expect([...driver.state.differences.values()][0]).toMatchObject({ kind: 'ORDER_CHANGED', theirs: 'FILLED, filled 2', blocking: true })
    account.fills.push(...lost)
    for (const fill of lost) account.tell(fill)
    expect([driver.status(id), driver.position(), driver.state.differences.size]).toEqual(['FILLED', '2', 0])
  })

  it('what is sent or filled after the question was asked is no difference', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const early = driver.enter({ quantity: quantity('1') })
    account.answer()
    driver.command({ type: 'Reconcile', trigger: 'PERSON', by: 'person' })
    const [question] = driver.takeCommands()
    if (question?.type !== 'QueryAccount') throw new Error('no question')
    const stale = account.snapshot(question.queryId, question.since)
    account.fill(early, '1', { told: true })
    driver.enter({ quantity: quantity('1'), symbol: ETH_PERP })
    const facts = driver.process({ type: 'Account', snapshot: stale }).transaction.facts
    expect(facts.map(({ type }) => type)).toEqual(['ReconciliationDone'])
    expect(driver.commands.filter(({ type }) => type === 'QueryOrder')).toEqual([])
    account.answer()
    account.pass(60)
    expect(driver.factsOf('DifferenceFound')).toEqual([])
  })
})

describe('a stop', () => {
  it('that leaves something goes on canceling it, and names it after 30 s', () => {
    const account = ScriptedAccount.ready()
    const { driver } = account
    const id = driver.enter()
    account.answer()
    account.hears = ({ type }) => type !== 'CancelOrder'
    driver.command({ type: 'Halt', by: 'person', reason: 'test', flatten: false })
    account.pass(LEFTOVERS_AFTER_MS / 1_000 - 1)
    expect(driver.alerts()).toEqual([])
    account.pass(10)
    expect(driver.alerts()).toEqual(['HALT_LEFTOVERS'])
    expect(driver.factsOf('AlertRaised')[0]?.message).toContain(id)
    expect(account.swallowed.filter(({ type }) => type === 'CancelOrder').length).toBeGreaterThan(2)
    account.hears = () => true
    account.pass(40)
    expect(driver.status(id)).toBe('CANCELED')
  })
})
