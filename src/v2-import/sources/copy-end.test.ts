import { describe, expect, it } from 'vitest'
import { fc } from '#test/support/properties.ts'
import { CopyEnd } from './copy-end.ts'

function taken(text: string, sizes: readonly number[]): { text: string; isReached: boolean } {
  const [bytes, end] = [Buffer.from(text), new CopyEnd()]
  const pieces: Buffer[] = []
  for (let [at, turn] = [0, 0]; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    pieces.push(end.before(bytes.subarray(at, at + size)))
    at += size
  }
  return { text: Buffer.concat(pieces).toString(), isReached: end.isReached }
}

const line = fc.array(fc.constantFrom('a', '.', '\\', 'N', '\t', 'ж'), { maxLength: 6 }).map((characters) => characters.join(''))
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

describe('CopyEnd', () => {
  it('gives all lines before the closing one and nothing behind it, however the text is cut', () => {
    const lines = fc.array(line.filter((text) => text !== '\\.'))
    fc.assert(
      fc.property(lines, sizes, fc.constantFrom('\n', '\r\n'), (all, cuts, lineEnd) => {
        const before = all.map((text) => text + lineEnd).join('')
        expect(taken(`${before}\\.${lineEnd}\n\n1\t2\n`, cuts)).toEqual({ text: before, isReached: true })
      }),
    )
  })

  it('says when the closing line did not come', () => {
    for (const text of ['', '1\n', '1\n\\.', '1\n\\.x\n', 'x\\.\n'])
      for (const size of [1, 2, 100]) expect(taken(text, [size]).isReached, JSON.stringify(text)).toBe(false)
  })
})
