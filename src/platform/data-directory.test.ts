import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lockDataDirectory, openDataDirectory } from './data-directory.ts'

const root = mkdtempSync(join(tmpdir(), 'data-directory-'))
afterAll(() => rmSync(root, { recursive: true }))

test('a second start is refused, naming the first by its process and, when it has one, its address', () => {
  const { path, instance } = openDataDirectory(join(root, 'one'))
  const first = lockDataDirectory(path, 1)
  expect(() => lockDataDirectory(path, 2)).toThrow(`Another instance (process ${process.pid}) works on ${path}`)
  writeFileSync(instance, JSON.stringify({ pid: process.pid, url: 'http://127.0.0.1:8080' }))
  expect(() => lockDataDirectory(path, 2)).toThrow(`process ${process.pid}, http://127.0.0.1:8080`)
  writeFileSync(instance, JSON.stringify({ pid: 1, url: 'http://127.0.0.1:1' }))
  expect(() => lockDataDirectory(path, 2), 'an address left by somebody else is not repeated').toThrow(`(process ${process.pid}) works`)
  first.release()
  const second = lockDataDirectory(path, 3)
  expect(second.fence).toBe(first.fence + 1)
  second.release()
})

test('only the owner may look into it', () => {
  const { path } = openDataDirectory(join(root, 'two'))
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o700)
})
