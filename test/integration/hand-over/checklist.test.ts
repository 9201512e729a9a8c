import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckLine } from '#contract/checklist.ts'
import { systemClock } from '#platform/clock.ts'
import { type DataDirectory, openDataDirectory } from '#platform/data-directory.ts'
import { runGateway, TOKEN, type RunningGateway } from '#test/support/gateway.ts'
import { startFront, tick } from '#test/support/workstation-front.ts'
import { convertCheckpoint } from '#v2-import/models/convert-checkpoint.ts'
import { saveModel } from '#v2-import/models/model-folder.ts'
import { BACKUP } from '#checklist/checks/backup.ts'
import { EXCHANGES } from '#checklist/checks/exchanges.ts'
import { COMPONENTS, HEALTH } from '#checklist/checks/health.ts'
import { MODELS } from '#checklist/checks/models.ts'
import { PERFORMANCE } from '#checklist/checks/performance.ts'
import { STRATEGIES } from '#checklist/checks/strategies.ts'
import { WEB_SOCKET } from '#checklist/checks/web-socket.ts'
import { Probe } from '#checklist/probe.ts'
import { CHECKS, checklistText, type PlaceOrAbsence, runChecklist } from '#checklist/run-checklist.ts'

const CHECKPOINT = join(import.meta.dirname, '../../../../shared/data/patchtst/small-bare.pth')
const hasCheckpoint = existsSync(CHECKPOINT)
if (!hasCheckpoint) process.stderr.write(`skipped: the test data are not at ${CHECKPOINT}\n`)

const folder = mkdtempSync(join(tmpdir(), 'checklist-'))
const directory: DataDirectory = openDataDirectory(join(folder, 'data'))
afterAll(() => rmSync(folder, { recursive: true }))

const strategyFile = (name: string) =>
  `import { defineStrategy } from 'bot-trading'
export const strategy = defineStrategy({ name: '${name}', symbols: ['BTC/USDT'], timeframe: '5m', warmup: 1, params: {}, async analyze() { return [] } })\n`

function place(probe: Probe | undefined, extra: Partial<PlaceOrAbsence> = {}): PlaceOrAbsence {
  return {
    probe,
    absence: 'nothing runs in this test',
    version: null,
    directory,
    database: () => Promise.reject(new Error('no database was expected to be asked for')),
    workerUrl: (name) => new URL(`../../../src/workers/${name}.worker.ts`, import.meta.url),
    clock: systemClock,
    isLoadAllowed: true,
    ...extra,
  }
}

const statuses = (lines: readonly CheckLine[]) => Object.fromEntries(lines.map(({ name, status }) => [name, status]))

describe('against a running workstation', () => {
  let running: RunningGateway
  let probe: Probe
  const strategies: string[] = []

  beforeAll(async () => {
    const front = startFront({
      traders: {
        ...startFront().dependencies.traders,
        strategies: async () => strategies.map((name) => ({ name, description: '', source: 'file', params: [], warmup: 0 })),
      },
    })
    const status = front.status
    const component = { name: 'exchange', state: 'running', since: 0, evidence: 'step 1', restarts: 0 } as const
    front.status = () => ({ ...status(), components: [{ ...component, evidence_ts: systemClock.now() - 1_000 }] })
    front.dependencies.status = front.status
    running = await runGateway({}, front)
    probe = new Probe({ url: running.gateway.url, token: TOKEN })
  })
  afterAll(() => running.close())

  it('health, stream and performance are measured and pass', async () => {
    const moving = setInterval(() => tick(running.front, '50000'), 20)
    const { lines, failed } = await runChecklist(place(probe), { checks: [HEALTH, COMPONENTS, WEB_SOCKET, PERFORMANCE] })
    clearInterval(moving)
    expect([failed, lines.filter(({ status }) => status !== 'passed')]).toEqual([0, []])
    expect(lines.map(({ value }) => value)).toEqual(lines.map(() => expect.stringMatching(/\d|not halted/)))
    expect(lines.filter(({ area }) => area === 'performance')).toHaveLength(3)
  })

  it('without leave nothing is put into the record, and that says so', async () => {
    const { lines } = await runChecklist(place(probe, { isLoadAllowed: false }), { checks: [PERFORMANCE] })
    expect(lines.at(-1)).toMatchObject({ status: 'not_run', value: null })
  })

  it('a halt and an exchange that was never compared are named', async () => {
    await running.post('/api/v1/system/emergency-stop', { reason: 'a test' })
    const { lines } = await runChecklist(place(probe), { checks: [HEALTH, COMPONENTS, EXCHANGES] })
    await running.post('/api/v1/system/resume', { reason: 'a test' })
    expect(statuses(lines)).toMatchObject({
      'GET /health': 'failed',
      'trading is not halted': 'failed',
      'paper is connected': 'passed',
      'age of the last sign of the exchange': 'passed',
    })
  })

  it('the age of the last comparison is judged, and is none where the market runs ahead of the clock', async () => {
    const { differences } = running.front.readModel
    const age = async (): Promise<CheckLine | undefined> =>
      (await runChecklist(place(probe), { checks: [EXCHANGES] })).lines.find(({ name }) => name.startsWith('age of the last comparison'))
    differences.noteCompared(systemClock.now() - 200_000)
    expect(await age()).toMatchObject({ status: 'failed', value: expect.stringMatching(/^20\d\.\d s$/) })
    differences.noteCompared(systemClock.now() - 20_000)
    expect(await age()).toMatchObject({ status: 'passed', value: expect.stringMatching(/^2\d\.\d s$/) })
    differences.noteCompared(systemClock.now() + 3_600_000)
    expect(await age()).toMatchObject({ status: 'passed', value: '0.0 s' })
  })

  it('a strategy that does not compile, and one that is whole', async () => {
    writeFileSync(join(directory.strategies, 'whole.ts'), strategyFile('whole'))
    writeFileSync(join(directory.strategies, 'broken.ts'), 'export const strategy = 5 +')
    strategies.push('whole', 'broken')
    const { lines } = await runChecklist(place(probe), { checks: [STRATEGIES] })
    expect(statuses(lines)).toMatchObject({
      'strategy whole (file)': 'passed',
      'strategy broken (file)': 'failed',
    })
    expect(lines.find(({ name }) => name.includes('broken'))?.detail).toContain('could not be loaded')
  })
})

describe('what answers is not always what it seems', () => {
  let server: Server
  let answer: { readonly status: number; readonly body: string }

  beforeAll(async () => {
    server = createServer((_, response) => response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => server.close())

  it.each([
    [500, '{"status":"ok","ready":true}'],
    [200, '{"status":"degraded","ready":false}'],
    [200, 'ok'],
    [200, 'null'],
    [302, '{"status":"ok"}'],
  ])('HTTP %d with %s is no health', async (status, body) => {
    answer = { status, body }
    const probe = new Probe({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: TOKEN })
    const { lines, failed, passed } = await runChecklist(place(probe), { checks: [HEALTH] })
    expect([passed, failed]).toEqual([0, 2])
    expect(lines.map(({ value }) => value)).toEqual([`HTTP ${status} ${body}`, `HTTP ${status} ${body}`])
  })

  it('where nothing runs, health has failed and nothing counts as passed', async () => {
    const checklist = await runChecklist(place(undefined), { checks: CHECKS.filter(({ needsWorkstation }) => needsWorkstation) })
    expect(checklist).toMatchObject({ passed: 0, failed: 2, url: null })
    expect(checklist.lines.filter(({ status }) => status === 'not_run')).toHaveLength(checklist.not_run)
    expect(checklistText(checklist)).toContain('nothing runs in this test')
  })
})

describe('models and backup', () => {
  it.skipIf(!hasCheckpoint)('a model is run; one whose file was changed is not', async () => {
    const models = join(directory.path, 'models')
    mkdirSync(models, { recursive: true })
    await saveModel(models, 'small', await convertCheckpoint(CHECKPOINT))
    await saveModel(models, 'changed', await convertCheckpoint(CHECKPOINT))
    copyFileSync(CHECKPOINT, join(models, 'changed.onnx'))
    const { lines } = await runChecklist(place(undefined), { checks: [MODELS] })
    expect(statuses(lines)).toEqual({ 'model changed': 'failed', 'model small': 'passed' })
    expect(lines[1]?.value).toMatch(/^(\d+) of \1 outputs/)
  })

  it('no backup is no success', async () => {
    const { lines } = await runChecklist(place(undefined), { checks: [BACKUP] })
    expect(lines).toMatchObject([{ status: 'not_run' }])
  })
})
