import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { hashInputs } from './build.ts'

const root = mkdtempSync(join(tmpdir(), 'build-stamp-'))
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('every source changes the stamp; a unit test and a document do not', () => {
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  write('src/main/index.ts', 'a')
  write('package.json', '{}')
  const first = hashInputs(root)
  expect(hashInputs(root)).toBe(first)
  write('src/main/index.test.ts', 'x')
  write('README.md', 'x')
  expect(hashInputs(root)).toBe(first)
  write('src/main/index.ts', 'b')
  const second = hashInputs(root)
  expect(second).not.toBe(first)
  write('src/renderer/styles/base.css', 'x')
  const third = hashInputs(root)
  expect(third).not.toBe(second)
  // The same bytes under another name are another build.
  rmSync(join(root, 'src/renderer/styles/base.css'))
  write('src/renderer/styles/other.css', 'x')
  expect(hashInputs(root)).not.toBe(third)
})
