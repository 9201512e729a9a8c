import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkFolder, type FolderSeal, sealFolder } from './folder-seal.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bot-trading-seal-'))
  for (const name of ['.env', 'bot.log']) writeFileSync(join(folder, name), 'a')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const seal = (): Promise<FolderSeal> => sealFolder(folder, () => undefined)
const check = async (before: FolderSeal) => checkFolder(before, await seal(), (file) => file === '.env')

it('passes for a folder nobody touched, and names what others wrote and nothing here read', async () => {
  const before = await seal()
  expect(await check(before)).toMatchObject({ status: 'passed', found: '2 files, 0 changed' })
  appendFileSync(join(folder, 'bot.log'), 'b')
  writeFileSync(join(folder, 'new.log'), '')
  expect(await check(before)).toMatchObject({ status: 'passed', detail: expect.stringContaining('bot.log, new.log') as string })
})

it.each([
  ['content', () => writeFileSync(join(folder, '.env'), 'b')],
  ['time alone', () => utimesSync(join(folder, '.env'), 1, 1)],
  ['absence', () => rmSync(join(folder, '.env'))],
])('fails when the %s of a file that was read changes', async (_, change) => {
  const before = await seal()
  change()
  expect(await check(before)).toMatchObject({ status: 'failed', detail: expect.stringContaining('.env') as string })
})
