import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { STOP, dict, integer, pickle, tensor, text } from '#test/support/models/pickle-bytes.ts'
import { torchZip } from '#test/support/models/zip-bytes.ts'
import { readCheckpoint } from './read-checkpoint.ts'
import { readStateDict } from './state-dict.ts'
import { tensorBytes, tensorFloats } from './tensors.ts'

const DATA = resolve('../shared/data')
const FOLDER = join(DATA, 'checkpoints')

interface ExpectedTensor {
  readonly dtype: string
  readonly shape: readonly number[]
  /** null for a tensor without elements */
  readonly sha256_le_bytes: string | null
  readonly values?: readonly (number | boolean)[]
}

interface ExpectedFile {
  readonly format: string
  readonly entries?: Readonly<Record<string, ExpectedTensor>>
}

const hash = (bytes: Uint8Array): string | null => (bytes.byteLength === 0 ? null : createHash('sha256').update(bytes).digest('hex'))

function describeTensors(file: Uint8Array): { format: string; entries: Record<string, ExpectedTensor> } {
  const checkpoint = readCheckpoint(file)
  const { tensors } = readStateDict(checkpoint.root)
  const entries = [...tensors].map(([name, tensor]) => {
    const described = { dtype: tensor.storage.type, shape: tensor.shape, sha256_le_bytes: hash(tensorBytes(checkpoint, tensor)) }
    return [name, { ...described, values: [...tensorFloats(checkpoint, tensor)] }] as const
  })
  return { format: checkpoint.format, entries: Object.fromEntries(entries) }
}

describe.skipIf(!existsSync(FOLDER))('PyTorch files of every format and dtype (skipped where ../shared/data is absent)', () => {
  const expected = existsSync(FOLDER)
    ? (JSON.parse(readFileSync(join(FOLDER, 'EXPECTED.json'), 'utf8')) as Record<string, ExpectedFile>)
    : {}
  const files = Object.entries(expected)

  it.each(files.filter(([, file]) => file.entries !== undefined))('%s', (name, { format, entries }) => {
    const found = describeTensors(readFileSync(join(FOLDER, name)))
    expect(found.format).toBe(format)
    expect(Object.keys(found.entries).toSorted()).toEqual(Object.keys(entries ?? {}).toSorted())
    for (const [key, { values, ...tensor }] of Object.entries(entries ?? {})) {
      expect(found.entries[key]).toMatchObject(tensor)
      if (values !== undefined) expect(found.entries[key]?.values).toEqual(values.map((value) => Math.fround(Number(value))))
    }
  })

  it.each(files.filter(([, file]) => file.entries === undefined))('%s is refused', (name) => {
    expect(() => readCheckpoint(readFileSync(join(FOLDER, name)))).toThrow(AppError)
  })

  it('covers the whole answer key', () => {
    expect(files).toHaveLength(31)
  })

  it.each(['lstm', 'transformer'])('%s: trainer file, state dict and legacy DataParallel file agree with PyTorch', (model) => {
    const folder = join(DATA, 'generated-torch', model)
    const oracle = describeTensors(readFileSync(join(folder, 'oracle.safetensors'))).entries
    expect(Object.keys(oracle).length).toBeGreaterThan(15)
    for (const name of ['checkpoint.pth', 'state_dict.pth', 'legacy_dataparallel.pth']) {
      expect(describeTensors(readFileSync(join(folder, name))).entries, name).toEqual(oracle)
    }
  })
})

describe('state dicts that are refused', () => {
  const read = (root: Uint8Array, storages: Record<string, Uint8Array> = {}): unknown =>
    readStateDict(readCheckpoint(torchZip(pickle(0x80, 2, root, STOP), storages)).root)
  const view = (elements: number): Uint8Array => tensor({ key: '0', elements, shape: [elements] })

  it.each([
    [
      'many views of one storage',
      dict(Object.fromEntries(Array.from({ length: 20 }, (_unused, index) => [`t${index}`, view(1_000_000)]))),
      /20000000 elements together/,
    ],
    ['text among the tensors', dict({ weight: view(1), note: text('hello') }), /"note" in the state dict is a string/],
    ['numbers for names', pickle('}', integer(1), view(1), 's'), /has a number for a name/],
    ['a list', pickle(']'), /holds a list, not a dictionary of tensors/],
    ['a tensor alone', view(1), /holds a tensor, not a dictionary/],
  ])('%s', (_name, root, reason) => {
    expect(() => read(root)).toThrow(AppError)
    expect(() => read(root)).toThrow(reason)
  })

  it('a checkpoint saved big-endian, or with two pickles, is refused', () => {
    const root = pickle(0x80, 2, dict({ t: view(1) }), STOP)
    expect(() => readCheckpoint(torchZip(root, {}, [{ name: 'model/byteorder', data: Buffer.from('big') }]))).toThrow(/byte order "big"/)
    expect(() => readCheckpoint(torchZip(root, {}, [{ name: 'other/data.pkl', data: root }]))).toThrow(/two folders with a data\.pkl/)
  })

  it('a storage that is not in the zip is refused when it is asked for', () => {
    const checkpoint = readCheckpoint(torchZip(pickle(0x80, 2, dict({ t: view(1) }), STOP), {}))
    const found = readStateDict(checkpoint.root).tensors.get('t')
    expect(() => found && tensorBytes(checkpoint, found)).toThrow(/no entry "model\/data\/0"/)
  })
})

describe('legacy streams that are refused', () => {
  const magic = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex')
  const system = pickle(0x80, 2, dict({ little_endian: pickle(0x88) }), STOP)
  const protocol = pickle(0x80, 2, integer(1001), STOP)
  const root = pickle(0x80, 2, dict({ t: tensor({ key: 'a', elements: 2, shape: [2] }) }), STOP)
  const keys = pickle(0x80, 2, ']', text('a'), 'a', STOP)
  const storage = pickle(2, 0, 0, 0, 0, 0, 0, 0, new Uint8Array(8))

  it('the whole one is read', () => {
    const checkpoint = readCheckpoint(pickle(magic, protocol, system, root, keys, storage))
    expect(checkpoint.format).toBe('legacy')
    expect([...readStateDict(checkpoint.root).tensors.keys()]).toEqual(['t'])
  })

  it.each([
    ['another protocol', pickle(magic, pickle(integer(1000), STOP), system, root, keys, storage), /protocol 1000; 1001 is read/],
    [
      'a big-endian machine',
      pickle(magic, protocol, pickle(dict({ little_endian: pickle(0x89) }), STOP), root, keys, storage),
      /big-endian/,
    ],
    ['a list that is none', pickle(magic, protocol, system, root, pickle('N.'), storage), /no list of its storages/],
    [
      'a key twice',
      pickle(magic, protocol, system, root, pickle(']', text('a'), 'a', text('a'), 'a.'), storage),
      /not one of different keys/,
    ],
    [
      'a storage nobody uses',
      pickle(magic, protocol, system, root, pickle(']', text('b'), 'a.'), storage),
      /no tensor lies in storage "b"/,
    ],
    [
      'a storage of another length',
      pickle(magic, protocol, system, root, keys, pickle(3, 0, 0, 0, 0, 0, 0, 0, new Uint8Array(12))),
      /has 3 elements, and 2 by its description/,
    ],
    ['a storage cut short', pickle(magic, protocol, system, root, keys, storage.subarray(0, 12)), /ends early/],
    ['bytes behind the last storage', pickle(magic, protocol, system, root, keys, storage, 'x'), /1 bytes follow the last storage/],
  ])('%s', (_name, bytes, reason) => {
    expect(() => readCheckpoint(bytes)).toThrow(AppError)
    expect(() => readCheckpoint(bytes)).toThrow(reason)
  })
})

describe('safetensors files', () => {
  const file = (header: unknown, data = new Uint8Array(8)): Uint8Array => {
    const json = Buffer.from(JSON.stringify(header))
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(json.byteLength))
    return Buffer.concat([length, json, data])
  }
  const entry = (from: number, to: number, shape = [(to - from) / 4]): unknown => ({ dtype: 'F32', shape, data_offsets: [from, to] })

  it('are read, metadata passed over', () => {
    const checkpoint = readCheckpoint(file({ __metadata__: { format: 'pt' }, a: entry(0, 4), b: entry(4, 8) }))
    expect([...readStateDict(checkpoint.root).tensors.keys()]).toEqual(['a', 'b'])
  })

  it.each([
    ['overlapping tensors', file({ a: entry(0, 8), b: entry(4, 8) }), /leaves a gap/],
    ['a gap', file({ a: entry(4, 8) }), /leaves a gap/],
    ['a tensor beyond the end', file({ a: entry(0, 800) }), /ends beyond it/],
    ['bytes of no tensor', file({ a: entry(0, 4) }), /4 bytes of the safetensors file belong to no tensor/],
    ['a shape that is larger than its bytes', file({ a: entry(0, 8, [3]) }), /has 8 bytes for its shape \[3\]/],
    ['another type', file({ a: { dtype: 'F8_E4M3', shape: [8], data_offsets: [0, 8] } }), /type "F8_E4M3"/],
    ['a description of something else', file({ a: [1] }), /not described as it should be/],
    ['a header that is no JSON', Buffer.concat([Buffer.from('0300000000000000', 'hex'), Buffer.from('{"a')]), /not JSON/],
    [
      'a header longer than the file',
      Buffer.concat([Buffer.from('ff00000000000000', 'hex'), Buffer.from('{}')]),
      /255 bytes are announced/,
    ],
  ])('%s are refused', (_name, bytes, reason) => {
    expect(() => readCheckpoint(bytes)).toThrow(AppError)
    expect(() => readCheckpoint(bytes)).toThrow(reason)
  })
})
