import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#platform/clock.ts'
import { openDataDirectory } from '#platform/data-directory.ts'
import { ROBUST_SCALERS } from '#test/support/models/python-pickles.ts'
import { planOf } from '../mapping/import-plan.ts'
import { findFolderFiles } from './folder-files.ts'
import type { MigrationContext } from './migration-context.ts'
import { bringModels, checkModels } from './models-step.ts'
import { takeBackFiles } from './placed-files.ts'
import { MigrationRecord } from './run-record.ts'

const DATA = resolve('../shared/data')
const hasData = existsSync(join(DATA, 'patchtst/small.pth'))
if (!hasData) process.stdout.write(`skipped: ${DATA}/patchtst is absent\n`)

let place: string
let v2: string
let dataDir: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'bot-trading-models-'))
  ;[v2, dataDir] = [join(place, 'v2'), join(place, 'data')]
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

function put(name: string, from: string | Buffer): void {
  mkdirSync(dirname(join(v2, name)), { recursive: true })
  if (typeof from === 'string') copyFileSync(join(DATA, from), join(v2, name))
  else writeFileSync(join(v2, name), from)
}

async function context(): Promise<MigrationContext & { readonly record: MigrationRecord }> {
  const directory = openDataDirectory(dataDir)
  const choice = { source: v2, timeZone: 'UTC', steps: ['models'] as const, isDryRun: false }
  const record = await MigrationRecord.begin(dataDir, { runId: 'r', choice, startedMs: 0 })
  const connection = { host: '127.0.0.1', port: 1, user: 'nobody', database: 'none', ssl: 'off' } as const
  return {
    runId: 'r',
    choice,
    place: { connection, directory, configPath: join(dataDir, 'config.yaml'), env: {}, clock: systemClock },
    options: {},
    record,
    folder: { path: v2, files: await findFolderFiles(v2) },
    source: undefined,
    plan: planOf(),
  }
}

describe.skipIf(!hasData)('the models of an installation', () => {
  it('are converted each under a name of its own, proven where outputs were recorded, refused with the reason, and taken back', async () => {
    put('models/small.pth', 'patchtst/small.pth')
    put('models/small.expected.json', 'patchtst/small.json')
    put('old/small.pth', 'patchtst/small-half.pth')
    put('models/scaler.pkl', Buffer.from(ROBUST_SCALERS[4] ?? '', 'base64'))
    put('models/evil_scaler.pkl', 'pickles-hostile/GHSA-3gf5-cxq9-w223.pkl.sample')
    put('models/broken.pth', Buffer.from('no model'))
    put('venv/lib/site-packages/distutils-precedence.pth', Buffer.from('import os'))
    const run = await context()
    const outcomes = await bringModels(run, run.folder!)
    expect(outcomes.map(({ file, status, to }) => [file, status, to?.slice(dataDir.length)])).toEqual([
      ['models/broken.pth', 'refused', undefined],
      ['models/small.pth', 'converted', '/models/small.onnx'],
      ['old/small.pth', 'converted', '/models/old-small.onnx'],
      ['models/evil_scaler.pkl', 'refused', undefined],
      ['models/scaler.pkl', 'converted', '/models/scaler.scaler.json'],
    ])
    expect(outcomes[1]?.maxAbsDiff).toBeLessThan(1e-4)
    expect(outcomes[2]).toMatchObject({ maxAbsDiff: undefined, reason: expect.stringContaining('not proven') as string })
    expect(JSON.parse(readFileSync(join(dataDir, 'models/scaler.scaler.json'), 'utf8'))).toMatchObject({
      kind: 'RobustScaler',
      center: [3, 2, 0.5],
    })
    expect(await checkModels(outcomes)).toMatchObject({
      status: 'passed',
      detail: expect.stringContaining('3 models and 2 scalers, 2 refused') as string,
    })
    expect(await bringModels(run, run.folder!)).toEqual(outcomes)
    writeFileSync(join(dataDir, 'models/small.onnx'), 'changed')
    expect(await checkModels(outcomes)).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('is not what was converted') as string,
    })
    const { changed } = await takeBackFiles(dataDir, run.record)
    expect([changed, readdirSync(join(dataDir, 'models'))]).toEqual([[join(dataDir, 'models/small.onnx')], ['small.onnx']])
  })

  it('that compute something else than PyTorch recorded, or whose name is taken, are not written', async () => {
    put('models/small.pth', 'patchtst/small.pth')
    const recorded = JSON.parse(readFileSync(join(DATA, 'patchtst/small.json'), 'utf8')) as {
      expected: { future_returns: { values: number[] } }
    }
    recorded.expected.future_returns.values[3]! += 0.001
    put('models-expected.json', Buffer.from(JSON.stringify(recorded)))
    const run = await context()
    const outcomes = await bringModels(run, run.folder!)
    expect(outcomes).toEqual([expect.objectContaining({ status: 'refused', reason: expect.stringContaining('0.001') as string })])
    expect((await checkModels(outcomes)).status).toBe('failed')
    expect(existsSync(join(dataDir, 'models'))).toBe(false)
    put('models-expected.json', 'patchtst/small.json')
    mkdirSync(join(dataDir, 'models'))
    writeFileSync(join(dataDir, 'models/small.onnx'), 'mine')
    expect(await bringModels(run, run.folder!)).toEqual([expect.objectContaining({ status: 'kept' })])
    expect([readdirSync(join(dataDir, 'models')), readFileSync(join(dataDir, 'models/small.onnx'), 'utf8')]).toEqual([
      ['small.onnx'],
      'mine',
    ])
  })
})
