import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/build.ts'
import { findChromium } from '../../scripts/chromium.ts'
import { runGateway, TOKEN, type RunningGateway } from '../support/gateway.ts'
import type { EngineCommand } from '#engine/ports.ts'
import { MANUAL, ScriptedFront, SYMBOL } from '../support/scripted-front.ts'
import { launch, openScreen } from './screen-session.ts'

// The built screens in a real Chromium over the real gateway, handlers and read model; what happened is written by the test.
const executablePath = findChromium()
if (executablePath === null)
  process.stderr.write('skipped: the screens of differences and absences; no Chromium was found (set CHROMIUM_PATH)\n')
const SEEN_MS = 30_000
const HOUR = 3_600_000
const GAP_MS = 10 * HOUR
const PLAN = { stopLoss: '99000', takeProfit: '106000', ladder: [{ atBps: '100', shareBps: '5000' }] } as const

/** A position with its protection, an order that works and one that waits here. */
function aMorning(): ScriptedFront {
  const script = new ScriptedFront()
  script.now = Date.now() - GAP_MS - 120_000
  script.price('100000.00')
  script.equity('10000')
  script.fill(script.submit({ quantity: '0.02' }), { price: '100000', quantity: '0.02', after: '0.02' })
  script.happens({ type: 'ProtectionSet', traderId: MANUAL, symbol: SYMBOL, plan: PLAN, by: 'test' })
  return script
}

function aGap(script: ScriptedFront): void {
  script.later(GAP_MS)
  script.happens({ type: 'ActionAudited', actor: 'workstation', action: 'start-workstation', target: 'version 3.0.0' })
}

describe.skipIf(executablePath === null)('the screens of orders, differences and absences', () => {
  let browser: Browser
  let script: ScriptedFront
  let running: RunningGateway
  let page: Page
  let errors: string[]
  const id = (name: string) => page.getByTestId(name)
  const open = async (settings: Record<string, unknown> = {}, size: { width?: number; height?: number } = {}): Promise<void> => {
    const opened = await openScreen(browser, running.gateway.url, { token: TOKEN, settings, ...size })
    page = opened.page
    errors = opened.errors
    await id('stop-button').waitFor({ timeout: SEEN_MS })
  }
  const start = async (happened: ScriptedFront): Promise<void> => {
    await page?.context().close()
    await running?.close()
    script = happened
    running = await runGateway({ rendererDir: join(import.meta.dirname, '../../out/renderer') }, script.front)
  }
  const sent = (type: EngineCommand['type']) => script.commands.findLast((command) => command.type === type)
  /** Of the whole screen, or of what lies over it. */
  const axe = async (): Promise<unknown[]> => {
    const over = (await page.getByRole('dialog').count()) > 0
    const builder = new AxeBuilder({ page })
    const { violations } = await (over ? builder.include('[role=dialog]') : builder).analyze()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id: rule, nodes }) => [rule, nodes[0]?.html])
  }

  beforeAll(async () => {
    await ensureBuilt()
    browser = await launch(executablePath ?? '')
  })
  afterAll(async () => {
    await browser?.close()
    await running?.close()
  })
  beforeEach(() => start(aMorning()))

  test('a difference shuts entries, is shown with both sides, and is decided by keyboard with a reason', async () => {
    script.difference({ differenceId: 'p', cause: 'traded elsewhere', suggestion: 'ADOPT' })
    script.difference({
      differenceId: 'e',
      kind: 'ORDER_EXTERNAL',
      ours: 'nothing',
      theirs: 'sell 0.5 at 120000',
      suggestion: 'IGNORE',
      blocking: false,
    })
    script.compared('START', 2)
    await open()
    await expect.poll(() => id('reconcile-badge').textContent()).toBe('2 differences, entries shut')
    await page.keyboard.press('r')
    await id('entries-shut').waitFor()
    await expect
      .poll(() => id('reconcile-last').textContent())
      .toMatch(/Last compared .+ ago.+at the start.*3 orders, 1 positions, 12 fills/)
    await expect
      .poll(() => id('difference-detail').textContent())
      .toMatch(/position BTC\/USDT.+our books0\.01exchange0\.02.+traded elsewhere/)
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => id('decide-IGNORE').getAttribute('aria-checked')).toBe('true')
    await expect.poll(() => id('decide-submit').isDisabled()).toBe(true)
    await page.keyboard.press('Tab')
    await page.keyboard.type('a hedge of mine')
    await page.keyboard.press('Enter')
    const question = page.getByRole('dialog').filter({ hasText: 'Ignore this difference' })
    await expect.poll(() => question.textContent()).toMatch(/Our books: 0\.01\. Exchange: 0\.02\..+Nothing is sent.+“a hedge of mine”/)
    await question.getByTestId('confirm').click()
    await expect
      .poll(() => sent('DecideDifference'))
      .toMatchObject({ type: 'DecideDifference', differenceId: 'p', decision: 'IGNORE', reason: 'a hedge of mine' })
    await id('entries-shut').waitFor({ state: 'detached' })
    await expect.poll(() => id('reconcile-badge').textContent()).toBe('1 difference')
    await expect.poll(() => id('difference-detail').textContent()).toContain('order not ours')
    await id('reconcile-closed').click()
    await expect.poll(() => id('difference-decision').textContent()).toMatch(/ignore.+a hedge of mine/)
    await id('reconcile-external').click()
    await expect.poll(() => id('difference-detail').textContent()).toContain('sell 0.5 at 120000')
    await id('reconcile-run').click()
    await page.getByText('Compared 3 orders').waitFor()
    expect(await axe()).toEqual([])
    expect(errors).toEqual([])
  })

  test('to close a difference says what is sent; to assign it needs a trader', async () => {
    script.difference({ differenceId: 'p' })
    await open()
    await id('reconcile-badge').click()
    await id('decide-ASSIGN').click()
    await id('decide-reason').fill('bought by hand')
    await expect.poll(() => id('decide-submit').isDisabled()).toBe(true)
    await id('decide-trader').selectOption('manual')
    await expect.poll(() => id('decide-submit').isDisabled()).toBe(false)
    await id('decide-CLOSE').click()
    await id('decide-submit').click()
    await page.getByText('Sends a market order that trades away').last().waitFor()
    await page.keyboard.press('Escape')
    expect(script.commands).toEqual([])
  })

  test('no difference is an empty list that says so, ten thousand are one table', async () => {
    await open()
    await expect.poll(() => id('reconcile-badge').count()).toBe(0)
    await page.keyboard.press('r')
    await page.getByText('Books and exchange agree').waitFor()
    await page.keyboard.press('Escape')
    for (let i = 0; i < 10_000; i += 1)
      script.difference({ differenceId: `d${i}`, kind: 'ORDER_EXTERNAL', ours: 'nothing', theirs: `buy 1 at ${i}`, blocking: false })
    await expect.poll(() => id('reconcile-badge').textContent(), { timeout: SEEN_MS }).toBe('10,000 differences')
    await page.keyboard.press('r')
    await expect.poll(() => id('differences-table').getByRole('row').count(), { timeout: SEEN_MS }).toBeGreaterThan(10)
    await expect.poll(() => id('differences-table').getByRole('row').count()).toBeLessThan(80)
    await page.keyboard.press('End')
    await expect.poll(() => id('difference-detail').textContent()).toContain('buy 1 at 0')
  }, 60_000)

  test('after a gap the report opens by itself with totals, is dismissed for good, and comes back by its key', async () => {
    const stop = script.submit({
      side: 'SELL',
      purpose: 'STOP_LOSS',
      orderType: 'STOP_MARKET',
      quantity: '0.02',
      price: undefined,
      triggerPrice: '99000',
      execution: 'EMULATED',
    })
    aGap(script)
    script.fill(stop, { price: '98990', quantity: '0.02', after: '0', realized: '-20.20' })
    script.difference({ differenceId: 'p' })
    script.happens({ type: 'AlertRaised', severity: 'warning', code: 'X', message: 'the line was bad' })
    script.price('98000.00')
    script.equity('9979.80')
    await open()
    await id('away-lead').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('away-lead').textContent()).toMatch(/the program did not run/)
    await expect.poll(() => id('away-fills').textContent()).toBe('1')
    await expect.poll(() => id('away-stops_hit').textContent()).toBe('1')
    await expect.poll(() => id('away-totals').textContent()).toContain('20.20')
    await page.getByText('the line was bad').first().waitFor()
    expect(await axe()).toEqual([])
    await id('away-dismiss').click()
    await id('away-screen').waitFor({ state: 'detached' })
    await page.reload()
    await id('stop-button').waitFor({ timeout: SEEN_MS })
    await page.waitForTimeout(500)
    await expect.poll(() => id('away-screen').count()).toBe(0)
    await page.keyboard.press('w')
    await id('away-lead').waitFor()
    expect(errors).toEqual([])
  })

  test('a screen that comes back after an absence opens the report, once', async () => {
    await open()
    await expect.poll(() => id('away-screen').count()).toBe(0)
    await page.evaluate(`localStorage.setItem('workstation.seen', String(Date.now() - ${HOUR}))`)
    await page.addInitScript(
      `if (!sessionStorage['once']) { sessionStorage['once'] = '1'; localStorage.setItem('workstation.seen', String(Date.now() - ${HOUR})) }`,
    )
    await page.reload()
    await id('away-screen').waitFor({ timeout: SEEN_MS })
    await page.getByText('Nothing happened').waitFor()
    await expect.poll(() => page.evaluate('document.activeElement?.dataset.testid')).toBe('away-dismiss')
    await page.keyboard.press('Enter')
    await id('away-screen').waitFor({ state: 'detached' })
    await page.reload()
    await id('stop-button').waitFor({ timeout: SEEN_MS })
    await page.waitForTimeout(500)
    await expect.poll(() => id('away-screen').count()).toBe(0)
  })

  test('an order that is held here says so and what that means; one at the exchange is changed in its place', async () => {
    const here = script.submit({
      side: 'SELL',
      purpose: 'EXIT',
      orderType: 'STOP_MARKET',
      price: undefined,
      triggerPrice: '99000',
      execution: 'EMULATED',
    })
    const there = script.submit({ price: '98000' })
    script.status(there, 'ACCEPTED')
    await open({ tab: 'orders' })
    const marks = id('orders-table').locator('[data-held-here=true]')
    await expect.poll(() => marks.count(), { timeout: SEEN_MS }).toBe(1)
    expect(await marks.getAttribute('title')).toBe('Held by this program: works only while it runs and is connected.')
    await id(`amend-${there}`).click()
    await expect.poll(() => id('amend-confirm').isDisabled()).toBe(true)
    await id('amend-price').fill('97500')
    await page.getByText('Will send: Limit price 97,500').waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => sent('AmendOrder')?.type).toBe('AmendOrder')
    await id('orders-table').getByText('97,500').waitFor()
    expect(script.readModel.order(there)).toMatchObject({ price: '97500', quantity: '0.01' })
    // By keyboard: the row, its details, the act.
    await id('orders-table').getByRole('grid').focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const details = page.getByRole('dialog')
    await details.getByText('works only while it runs').first().waitFor()
    await details.getByRole('button', { name: 'Change order' }).press('Enter')
    await id('amend-trigger_price').fill('98500')
    await id('amend-confirm').press('Enter')
    await expect.poll(() => script.readModel.order(here)?.trigger_price).toBe('98500')
    expect(errors).toEqual([])
  })

  test('the ticket sends a pair of which one cancels the other, with what each type needs and a note on who watches', async () => {
    await open({ tab: 'orders' })
    await id('ticket-sell').click()
    await id('ticket-type').selectOption('LIMIT')
    await id('ticket-size').fill('0.01')
    await id('ticket-price').fill('104000')
    await page.getByLabel('Reduce only').check()
    await id('ticket-oco').check()
    await page.getByText('The second order needs its prices.').waitFor()
    await expect.poll(() => id('ticket-submit').isDisabled()).toBe(true)
    await id('ticket-second-trigger').fill('101000')
    await page.getByText('or: The trigger 101,000').waitFor()
    await id('ticket-second-trigger').fill('96000')
    await page.getByText('this program watches the price').waitFor()
    await id('ticket-submit').click()
    await expect.poll(() => sent('SubmitOcoOrders')?.type).toBe('SubmitOcoOrders')
    expect(sent('SubmitOcoOrders')).toMatchObject({
      orders: [
        { type: 'LIMIT', side: 'SELL' },
        { type: 'STOP_MARKET', side: 'SELL' },
      ],
    })
    await id('orders-table').getByText('stop market').waitFor()
    await id('orders-table').getByText('waiting here').waitFor()
    expect(await axe()).toEqual([])
    expect(errors).toEqual([])
  })

  test('a bracket with a ladder is written in the ticket, and what is wrong with it is said at its field', async () => {
    await open()
    await id('ticket-type').selectOption('LIMIT')
    await id('ticket-size').fill('0.01')
    await id('ticket-price').fill('100000')
    await id('plan-stop').fill('99000')
    await id('ticket-more').locator('summary').click()
    await id('plan-ladder-add').click()
    await id('plan-ladder-0-at').fill('1')
    await id('plan-ladder-0-to').fill('120')
    await page.getByText('add up to more than 100 %').waitFor()
    await expect.poll(() => id('ticket-submit').isDisabled()).toBe(true)
    await id('plan-ladder-0-to').fill('50')
    await page.getByText('Gain over the ladder').waitFor()
    await id('ticket-submit').click()
    await expect
      .poll(() => sent('SubmitOrder'))
      .toMatchObject({ type: 'SubmitOrder', order: { protection: { stopLoss: '99000', ladder: [{ atBps: '100', shareBps: '5000' }] } } })
  })

  test('the protection of a position is read, changed and taken away from its row', async () => {
    await open({ tab: 'positions' })
    await id('protect-manual.BTC-USDT').click()
    const dialog = page.getByRole('dialog').first()
    await dialog.getByText('Stop 99,000.00, as set').waitFor()
    await expect.poll(() => id('plan-ladder-0-to').inputValue()).toBe('50')
    await dialog.getByTestId('plan-stop').fill('99500')
    await id('protection-save').click()
    await expect.poll(() => sent('SetProtection')).toMatchObject({ type: 'SetProtection', plan: { ...PLAN, stopLoss: '99500' } })
    await id('positions-table').getByText('99,500.00').waitFor()
    await id('protect-manual.BTC-USDT').click()
    await id('protection-remove').click()
    await page.getByText('Leave BTC/USDT without protection?').waitFor()
    await id('confirm').click()
    await expect.poll(() => sent('SetProtection')).toMatchObject({ type: 'SetProtection', plan: null })
    await id('positions-table').getByText('none').waitFor()
    expect(errors).toEqual([])
  })

  test.each([
    ['dark', 'en', 1_280, 720],
    ['light', 'ru', 1_280, 720],
    ['light', 'en', 2_560, 1_440],
  ] as const)(
    '%s, %s, %i×%i: axe finds nothing serious in any of the new screens, and nothing scrolls sideways',
    async (theme, language, width, height) => {
      script.difference({ differenceId: 'p' })
      script.submit({
        side: 'SELL',
        orderType: 'TRAILING_STOP',
        price: undefined,
        triggerPrice: '99500',
        trailing: { by: 'BPS', distance: '50' },
        execution: 'EMULATED',
      })
      aGap(script)
      script.fill(script.submit(), { price: '101000', quantity: '0.01', after: '0.03' })
      const widest =
        'Math.max(document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll(".table-scroll, .dialog")].map((e) => e.scrollWidth - e.clientWidth))'
      const check = async (what: string): Promise<void> => {
        expect([what, await axe()]).toEqual([what, []])
        expect([what, await page.evaluate(widest)]).toEqual([what, 0])
      }
      for (const tab of ['orders', 'positions']) {
        await open({ theme, language, tab }, { width, height })
        await id('away-lead').waitFor({ timeout: SEEN_MS })
        if (tab === 'orders') await check('absence')
        await page.keyboard.press('Escape')
        await id(`${tab}-table`).getByRole('row').nth(1).waitFor()
        await check(tab)
        if (tab === 'positions') {
          await id('protect-manual.BTC-USDT').click()
          await check('protection')
          await page.keyboard.press('Escape')
          await page.keyboard.press('r')
          await id('decide-form').waitFor()
          await check('differences')
        }
        await page.context().close()
      }
    },
    120_000,
  )
})
