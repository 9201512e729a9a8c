import { randomFillSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import type { ZipOptions, ZipPart } from '#test/support/models/zip-bytes.ts'
import { zip } from '#test/support/models/zip-bytes.ts'
import { ZipArchive } from './archive.ts'

const HELLO = Buffer.from('hello, hello, hello, hello')
const A: ZipPart = { name: 'm/a', data: HELLO }
const B: ZipPart = { name: 'm/b', data: Buffer.from('other bytes') }
const PACKED: ZipPart = { ...A, deflate: true }

describe('a zip whose parts agree', () => {
  it.each([
    ['stored', A],
    ['deflated', PACKED],
  ])('%s entries are read', (_name, part) => {
    const archive = new ZipArchive(zip([part, B]))
    expect(archive.names).toEqual(['m/a', 'm/b'])
    expect(Buffer.from(archive.read('m/a'))).toEqual(HELLO)
  })

  it('a comment at the end is passed over', () => {
    expect(Buffer.from(new ZipArchive(zip([A], { comment: 'saved on a Monday' })).read('m/a'))).toEqual(HELLO)
  })

  it('an entry that is not there is refused', () => {
    expect(() => new ZipArchive(zip([A])).read('m/x')).toThrow(/no entry "m\/x"/)
  })
})

const BIG = Buffer.alloc(3_000_000)

/** Name of the case, entries, options, what the reason says. */
const REFUSED: readonly (readonly [string, readonly ZipPart[], ZipOptions, RegExp])[] = [
  ['two entries of one name', [A, { ...B, name: 'm/a' }], {}, /two entries named "m\/a"/],
  ['a name that climbs out', [{ ...A, name: '../../etc/passwd' }], {}, /leads outside its folder/],
  ['a name that climbs inside', [{ ...A, name: 'm/../x' }], {}, /leads outside/],
  ['an absolute name', [{ ...A, name: '/etc/passwd' }], {}, /leads outside/],
  ['a name with a drive', [{ ...A, name: 'C:x' }], {}, /leads outside/],
  ['a name with a backslash', [{ ...A, name: 'm\\x' }], {}, /leads outside/],
  ['a name with a zero byte', [{ ...A, name: 'm/a\0.txt' }], {}, /leads outside/],
  ['an empty name', [{ ...A, name: '' }], {}, /leads outside/],
  ['an encrypted entry', [{ ...A, directory: { flags: 1 }, local: { flags: 1 } }], {}, /encrypted/],
  ['strong encryption', [{ ...A, directory: { flags: 0x40 }, local: { flags: 0x40 } }], {}, /encrypted/],
  ['encryption said by the local header alone', [{ ...A, local: { flags: 1 } }], {}, /contradicts the directory/],
  ['another packing', [{ ...A, directory: { method: 12 }, local: { method: 12 } }], {}, /method 12/],
  ['another name in the local header', [{ ...A, local: { name: 'm/x' } }], {}, /contradicts the directory/],
  ['another size in the local header', [{ ...A, local: { size: 7 } }], {}, /contradicts the directory/],
  ['another checksum in the local header', [{ ...A, local: { crc: 7 } }], {}, /contradicts the directory/],
  ['a wrong checksum in both', [{ ...A, local: { crc: 7 }, directory: { crc: 7 } }], {}, /does not match its checksum/],
  ['two sizes of a stored entry', [{ ...A, directory: { size: 7 } }], {}, /two sizes/],
  ['a size of 4 GiB', [{ ...A, directory: { size: 0xffffffff, compressed: 0xffffffff } }], {}, /larger than 4 GiB/],
  ['a bomb by ratio', [{ ...PACKED, directory: { size: 40_000_000 }, local: { size: 40_000_000 } }], {}, /claims to unpack/],
  [
    'a bomb that says it is small',
    [{ name: 'm/a', data: BIG, deflate: true, directory: { size: 10 }, local: { size: 10 } }],
    {},
    /cannot be unpacked into the 10 bytes/,
  ],
  ['a bomb by number', [A], { entries: 60_000 }, /announces 60000 entries/],
  ['overlapping entries', [A, { ...B, directory: { offset: 0 } }], {}, /contradicts the directory/],
  ['one entry quoted twice under two names', [A, { ...A, name: 'm/x', directory: { offset: 0 } }], {}, /contradicts the directory/],
  [
    'an entry that holds the next one',
    [{ ...A, directory: { compressed: 60, size: 60 }, local: { compressed: 60, size: 60 } }, B],
    {},
    /overlaps what follows/,
  ],
  [
    'an entry that reaches into the directory',
    [{ ...A, directory: { compressed: 60, size: 60 }, local: { compressed: 60, size: 60 } }],
    {},
    /overlaps what follows/,
  ],
  ['a header beyond the file', [{ ...A, directory: { offset: 900_000 } }], {}, /begins beyond the end/],
  ['a header where none is', [{ ...A, directory: { offset: 5 } }], {}, /no header at byte 5/],
  ['bytes before the first entry', [A], { before: Buffer.from('MZ') }, /before the first entry/],
  ['bytes between entries and directory', [A], { gap: Buffer.alloc(30) }, /30 bytes after the zip entry/],
  ['fewer entries than the directory holds', [A, B], { entries: 1 }, /belong to no entry/],
  ['more entries than the directory holds', [A], { entries: 2 }, /ends early/],
]

describe('a zip that is refused', () => {
  it.each(REFUSED)('%s', (_name, parts, options, reason) => {
    const read = (): void => {
      const archive = new ZipArchive(zip(parts, options))
      for (const name of archive.names) archive.read(name)
    }
    expect(read).toThrow(AppError)
    expect(read).toThrow(reason)
  })

  it('every cut', () => {
    const whole = zip([A, B])
    for (let length = 0; length < whole.byteLength; length += 1) {
      expect(() => new ZipArchive(whole.subarray(0, length)), `${length} bytes`).toThrow(AppError)
    }
  })

  it('bytes behind the end', () => {
    expect(() => new ZipArchive(Buffer.concat([zip([A]), Buffer.from('x')]))).toThrow(/no end record/)
  })

  it('noise that is deflated to other noise', () => {
    const noise = randomFillSync(Buffer.alloc(200))
    const packed = zip([{ name: 'm/a', data: noise, directory: { method: 8, size: 300 }, local: { method: 8, size: 300 } }])
    expect(() => new ZipArchive(packed).read('m/a')).toThrow(AppError)
  })
})
