import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isSameChoice, MigrationRecord, removeDrafts, type StoredChoice, sweepDrafts } from './run-record.ts'

const choice: StoredChoice = { source: '/a.dump', v2Directory: '/v2', timeZone: 'UTC', steps: ['history', 'settings'] }
let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'bot-trading-record-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

describe('the record of a run', () => {
  it('is found again as it was changed, newest first; what is damaged is named, and left out of the list', async () => {
    await MigrationRecord.begin(data, { runId: 'one', choice, startedMs: 1 })
    const two = await MigrationRecord.begin(data, { runId: 'two', choice, startedMs: 2 })
    await two.change({ files: [{ path: 'models/a.onnx', sha256: 'x' }] })
    expect((await MigrationRecord.list(data)).map(({ content }) => content.runId)).toEqual(['two', 'one'])
    expect((await MigrationRecord.find(data, 'two'))?.content).toEqual(two.content)
    writeFileSync(join(data, 'imports/one/run.json'), '{}')
    await expect(MigrationRecord.find(data, 'one')).rejects.toMatchObject({ code: 'FILE_INVALID' })
    await expect(MigrationRecord.find(data, '../two')).rejects.toMatchObject({ code: 'REFUSED' })
    expect([(await MigrationRecord.list(data)).length, await MigrationRecord.find(data, 'three')]).toEqual([1, undefined])
  })

  it('is of the same choice whatever the order of its steps, and of no other', () => {
    expect(isSameChoice(choice, { ...choice, steps: ['settings', 'history'] })).toBe(true)
    for (const change of [
      { source: '/b.dump' },
      { v2Directory: '/v3' },
      { timeZone: 'Asia/Tokyo' },
      { steps: ['history'] },
      { backupDirectory: '/b' },
    ] as const)
      expect(isSameChoice(choice, { ...choice, ...change })).toBe(false)
  })

  it('takes away what a crash left half written, and nothing else', async () => {
    const record = await MigrationRecord.begin(data, { runId: 'one', choice, startedMs: 1 })
    mkdirSync(join(data, 'imports/one/settings'))
    const draft = '.0123456789ab.draft'
    const ours = ['config.yaml', 'v2-settings.json', 'secrets.json', 'imports/one/run.json', 'imports/one/settings/run.json'].map(
      (name) => name + draft,
    )
    const others = [`mine${draft}`, 'config.yaml', 'config.yaml.draft', `config.yaml.bak${draft}`]
    for (const name of [...ours, ...others]) writeFileSync(join(data, name), name)
    await sweepDrafts(record, join(data, 'config.yaml'))
    expect(readdirSync(data).sort()).toEqual(['imports', ...others].sort())
    expect([readdirSync(join(data, 'imports/one')).sort(), readdirSync(join(data, 'imports/one/settings'))]).toEqual([
      ['run.json', 'settings'],
      [],
    ])
    await removeDrafts([join(data, 'mine'), join(data, 'no-such-folder/x')])
    expect(readFileSync(join(data, 'config.yaml'), 'utf8')).toBe('config.yaml')
    expect(readdirSync(data)).not.toContain(`mine${draft}`)
  })
})
