import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { Client } from 'pg'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChecklistState } from '#contract/checklist.ts'
import type { ImportRunsView } from '#contract/import.ts'
import { ensureBuilt } from '../../scripts/build.ts'
import { findChromium } from '../../scripts/chromium.ts'
import { DataFolder } from '../support/replay/data-folder.ts'
import { HeadlessWorkstation, launch, openScreen } from './screen-session.ts'

// The wizard in a real Chromium over a real headless workstation with its own Postgres; every import is a real one.
const INSTALLATION = join(import.meta.dirname, '../../../shared/data/v2-install/clean')
const DUMP = join(INSTALLATION, 'v2_full_backup.dump')
const executablePath = findChromium()
const missing =
  executablePath === null ? 'no Chromium was found (set CHROMIUM_PATH)' : existsSync(DUMP) ? undefined : `${INSTALLATION} is not there`
if (missing !== undefined) process.stderr.write(`skipped: the import wizard; ${missing}\n`)
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mounts()
if (!canMount) process.stderr.write('skipped: the import wizard on a full disk; only root may mount a small one\n')
const SEEN_MS = 60_000
const ROWS = 2_126
/** So many that a person can press a button before they are through. */
const BIG_ROWS = 400_000
const REQUEST = { source: DUMP, v2_directory: INSTALLATION, steps: ['backup', 'history', 'settings', 'models', 'strategies'] }
const PASSPHRASE = 'the passphrase of the wizard test'

function administer(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'ignore' })
}

/** Some containers let not even root mount. */
function mounts(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'bot-trading-mount-'))
  try {
    administer('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place])
    administer('umount', [place])
    return true
  } catch {
    return false
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

describe.skipIf(missing !== undefined)('the import wizard', () => {
  let browser: Browser
  let folder: DataFolder
  let workstation: HeadlessWorkstation
  let page: Page
  let errors: string[] = []
  const id = (name: string) => page.getByTestId(name)
  const runs = () => workstation.call<ImportRunsView>('GET', '/import/runs')

  const open = async (settings: Record<string, unknown> = {}, size: { width?: number; height?: number } = {}): Promise<void> => {
    await page?.context().close()
    const opened = await openScreen(browser, workstation.url, { settings, ...size })
    page = opened.page
    errors = opened.errors
    await id('stop-button').waitFor({ timeout: SEEN_MS })
    // The report on an absence may lie above after a restart.
    await page.waitForTimeout(200)
    if ((await id('away-dismiss').count()) > 0) await id('away-dismiss').click()
    await page.keyboard.press('i')
    await page.locator('[data-testid^=wizard-body-]').waitFor({ timeout: SEEN_MS })
  }
  const look = async (source: string, v2Directory = ''): Promise<void> => {
    if ((await id('import-anew').count()) > 0) await id('import-anew').click()
    else if ((await id('import-source').count()) === 0) await id('wizard-source').click()
    await id('import-source').fill(source)
    await id('import-folder').fill(v2Directory)
    await id('import-inspect').click()
  }
  const begin = () => workstation.call<{ state: string }>('POST', '/import/runs', { ...REQUEST, dry_run: false })
  const idle = async (): Promise<ImportRunsView> => {
    for (;;) {
      const now = await runs()
      if (now.current?.state !== 'running') return now
      await sleep(100)
    }
  }
  const count = async (table: string): Promise<number> => {
    const client = new Client(await folder.serverAddress())
    await client.connect()
    try {
      return Number((await client.query(`SELECT count(*) AS n FROM imported.${table}`)).rows[0].n)
    } finally {
      await client.end()
    }
  }
  /** Nothing serious for assistive technology, nothing that scrolls sideways. */
  const sound = async (what: string): Promise<void> => {
    const { violations } = await new AxeBuilder({ page }).include('[data-testid=import-screen]').analyze()
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect([what, serious.map(({ id: rule, nodes }) => [rule, nodes[0]?.html])]).toEqual([what, []])
    const widest =
      'Math.max(0, document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll(".dialog, .wizard-body")].map((e) => e.scrollWidth - e.clientWidth))'
    expect([what, await page.evaluate(widest)]).toEqual([what, 0])
  }

  beforeAll(async () => {
    await ensureBuilt()
    folder = await DataFolder.make()
    workstation = new HeadlessWorkstation({ dataDir: folder.path, postgres: true, env: { BOT_TRADING_PASSPHRASE: PASSPHRASE } })
    await workstation.start()
    browser = await launch(executablePath ?? '')
    const deadline = performance.now() + SEEN_MS
    while ((await runs()).target.state !== 'ready' && performance.now() < deadline) await sleep(100)
  })
  afterAll(async () => {
    await browser?.close()
    await workstation?.stop()
    await folder?.[Symbol.asyncDispose]()
  })

  test('a wrong password is said in words at the source, and stands nowhere afterwards', async () => {
    const { port } = await folder.serverAddress()
    const secret = 'not-the-password-7319'
    await open()
    await id('import-source').fill(`postgres://bot_trading@127.0.0.1:${port}/bot_trading_v3`)
    await id('import-password').fill(secret)
    await id('import-inspect').click()
    await id('wizard-problem').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('wizard-problem').textContent()).toMatch(/Check the user and the password/)
    await expect.poll(() => id('wizard-body-source').count()).toBe(1)
    expect(JSON.stringify([await runs(), await workstation.call('GET', '/import/look')])).not.toContain(secret)
    for (const file of readdirSync(join(folder.path, 'logs')).map((name) => join(folder.path, 'logs', name)))
      expect(statSync(file).isFile() ? readFileSync(file, 'utf8') : '').not.toContain(secret)
  })

  test('a dump that was cut off is looked at and goes no further', async () => {
    const cut = folder.beside('cut.dump')
    copyFileSync(DUMP, cut)
    truncateSync(cut, Math.floor(statSync(DUMP).size / 2))
    await open()
    await look(cut)
    await id('import-analyse').click()
    await id('wizard-problem').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('wizard-problem').textContent()).toMatch(/cut\.dump, byte \d+: the file ends .+too early/)
    await expect.poll(() => id('import-choose').isDisabled()).toBe(true)
    await workstation.call('POST', '/import/runs', { source: cut, steps: ['history'], dry_run: true })
    expect((await idle()).current).toMatchObject({ state: 'failed', problem: { code: 'FILE_INVALID' } })
    expect([await count('rows'), (await runs()).items]).toEqual([0, []])
  })

  test('the whole way by keyboard and pointer, and back: nothing is left', async () => {
    await open()
    await look(DUMP, INSTALLATION)
    await id('import-identity').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('import-identity').textContent()).toMatch(/pg_dump archive.+bot_trading_v2.+15\.18/)
    await expect.poll(() => id('import-folder-view').textContent()).toMatch(/config\.yaml.+best_model.+ema_cross\.py/)
    await id('import-analyse').press('Enter')
    await id('analysis-rows').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('analysis-rows').textContent()).toBe('2,126 rows read')
    await id('analysis-table-list').getByText('trades', { exact: true }).click()
    await id('analysis-column-list').getByText('entry_price').waitFor()
    await id('analysis-findings').click()
    await id('import-choose').click()
    await id('import-try').click()
    await id('report-figures').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('report-figures').textContent()).toMatch(/in the source2,126imported2,126parked0/)
    await expect.poll(() => id('outcome-backup').textContent()).toContain('dry run')
    expect([await count('rows'), existsSync(join(folder.path, 'imports'))]).toEqual([0, false])
    await sound('try')
    await id('wizard-back').click()
    await expect.poll(() => id('wizard-body-choose').count()).toBe(1)
    await id('wizard-try').click()
    await id('report-figures').waitFor()
    await id('import-to-bring').click()
    await id('import-start').click()
    await page.getByText('The run can be taken back as a whole.').waitFor()
    await id('confirm').press('Enter')
    await id('wizard-progress').waitFor({ timeout: SEEN_MS })
    await id('report-figures').waitFor({ timeout: SEEN_MS })
    expect(await count('rows')).toBe(ROWS)
    await id('import-to-prove').click()
    await expect.poll(() => id('prove-verdict').textContent(), { timeout: SEEN_MS }).toMatch(/^\d+ checks passed, 0 failed/)
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      expect(
        await id('report-table-checks')
          .getByText(new RegExp(`^N${number} `))
          .count(),
        `N${number}`,
      ).toBeGreaterThan(0)
    await id('import-verify').click()
    await id('wizard-progress').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('prove-verdict').textContent(), { timeout: SEEN_MS }).toMatch(/^\d+ checks passed, 0 failed/)
    await id('report-settings').click()
    await id('report-table-settings').getByText('BYBIT_API_KEY').first().waitFor()
    await id('report-models').click()
    await id('report-table-models').getByText('.pth').first().waitFor()
    await id('import-report').click()
    await page.getByText('# Migration report').waitFor()
    await page.keyboard.press('Escape')
    await id('import-to-measure').click()
    await id('measure-now').click()
    await id('measure-verdict').waitFor({ timeout: SEEN_MS })
    await expect
      .poll(() => id('measure-verdict').textContent())
      .toMatch(/^\d+ checks passed, \d+ failed, \d+ not run\. Measured at .+ UTC at http:/)
    // How fast a machine is that runs other things beside the test is not the question here.
    const { last } = await workstation.call<ChecklistState>('GET', '/checklist')
    const wrong = last?.lines.filter(({ status, area }) => status === 'failed' && area !== 'performance')
    expect(wrong).toEqual([])
    await id('measured-table').getByText('rows of trades', { exact: false }).first().waitFor()
    await sound('measure')
    await id('import-to-hand-over').click()
    await id('import-kept').waitFor()
    await id('hand-over-open').click()
    await id('hand-over-lines').waitFor()
    await sound('hand over')
    await id('hand-over-parallel').click()
    await id('parallel-source').waitFor()
    await sound('side by side')
    const [done] = (await runs()).items
    await id('import-roll-back').click()
    await page.getByText(`All that run ${done?.id} brought goes away: 2126 rows`).waitFor()
    await id('confirm').click()
    await id('import-taken-back').waitFor({ timeout: SEEN_MS })
    expect(await count('rows')).toBe(0)
    expect((await runs()).items[0]).toMatchObject({ id: done?.id, state: 'rolled_back' })
    const { items } = await workstation.call<{ items: { action: string }[] }>('GET', '/audit?limit=20')
    expect(
      items
        .map(({ action }) => action)
        .filter((action) => action.endsWith('-import'))
        .slice(0, 3),
    ).toEqual(['roll-back-import', 'start-import', 'try-import'])
    expect(errors).toEqual([])
  }, 180_000)

  test.skipIf(!canMount)(
    'a full disk ends it in words; with space it goes on from there',
    async () => {
      const imports = join(folder.path, 'imports')
      rmSync(imports, { recursive: true, force: true })
      mkdirSync(imports, { mode: 0o700 })
      administer('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=0700', 'tmpfs', imports])
      try {
        await begin()
        await open()
        await id('wizard-problem').waitFor({ timeout: SEEN_MS })
        await expect.poll(() => id('wizard-problem').textContent()).toMatch(/no space left.+Free some space/)
        expect(await count('rows')).toBe(0)
        administer('mount', ['-o', 'remount,size=64m', imports])
        await id('import-start').click()
        await id('report-figures').waitFor({ timeout: SEEN_MS })
        expect(await count('rows')).toBe(ROWS)
        const [run] = (await runs()).items
        await workstation.call('POST', `/import/runs/${run?.id}/rollback`)
        expect((await idle()).current).toMatchObject({ kind: 'rollback', state: 'done' })
      } finally {
        administer('umount', [imports])
      }
    },
    180_000,
  )

  test('stopped by its button: nothing has come, it can go on, and it can be given up', async () => {
    const big = folder.beside('big')
    mkdirSync(big)
    const [header = '', row = ''] = readFileSync(join(INSTALLATION, 'v2_signals.csv'), 'utf8').split('\n')
    const cells = row.slice(row.indexOf(','))
    writeFileSync(join(big, 'signals.csv'), [header, ...Array.from({ length: BIG_ROWS }, (_, i) => `${i + 1}${cells}`), ''].join('\n'))
    await open()
    await workstation.call('POST', '/import/runs', { source: big, steps: ['history'], dry_run: false })
    await open()
    await id('wizard-cancel').click()
    await page.getByText('It goes on where it stopped').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('import-start').textContent()).toBe('Go on')
    const { current, items } = await runs()
    expect([current?.state, items[0]?.state, await count('rows')]).toEqual(['canceled', 'interrupted', 0])
    await workstation.call('POST', `/import/runs/${items[0]?.id}/rollback`)
    expect((await idle()).current).toMatchObject({ kind: 'rollback', state: 'done' })
    expect(errors).toEqual([])
  })

  test('the workstation is killed in the middle: the run is shown as interrupted, goes on, and does so with the window closed', async () => {
    await begin()
    const deadline = performance.now() + SEEN_MS
    for (;;) {
      const { current } = await runs()
      expect(current?.state).toBe('running')
      // The record is written; the rows are on their way.
      if (current?.run_id !== null && current?.progress?.step === 'history') break
      expect(performance.now()).toBeLessThan(deadline)
      await sleep(20)
    }
    await workstation.kill()
    await workstation.start()
    const [left] = (await runs()).items
    expect(left?.state).toBe('interrupted')
    await open()
    await id('wizard-body-bring').waitFor({ timeout: SEEN_MS })
    await page.getByText('It goes on where it stopped').waitFor()
    await expect.poll(() => id('import-start').isDisabled(), { timeout: SEEN_MS }).toBe(false)
    await id('import-start').click()
    await page.context().close()
    await open()
    await id('report-figures').waitFor({ timeout: SEEN_MS })
    const [run] = (await runs()).items
    expect(run).toMatchObject({ id: left?.id, state: 'done' })
    expect(await count('rows')).toBe(ROWS)
    expect(errors).toEqual([])
  }, 180_000)

  test('light, Russian, 2560×1440: the finished run opens from the list, and every step is sound', async () => {
    await open({ theme: 'light', language: 'ru' }, { width: 2_560, height: 1_440 })
    if ((await id('import-source').count()) === 0) await id('wizard-source').click()
    await sound('source')
    await id('import-earlier').getByRole('button').first().click()
    await id('prove-verdict').waitFor({ timeout: SEEN_MS })
    await sound('prove')
    for (const step of ['choose', 'analyse', 'bring', 'measure']) {
      await id(`wizard-${step}`).click()
      await id(`wizard-body-${step}`).waitFor()
      await sound(step)
    }
    expect(errors).toEqual([])
  })
})
