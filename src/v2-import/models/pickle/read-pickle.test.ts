import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { MARK, STOP, dict, global, integer, pickle, text, tuple } from '#test/support/models/pickle-bytes.ts'
import { CONTAINERS, NUMPY_VALUES } from '#test/support/models/python-pickles.ts'
import { readPlainPickle } from './plain-data.ts'
import { MAX_OPCODES, readPickle } from './read-pickle.ts'
import { PLAIN_VOCABULARY } from './vocabularies/plain.ts'
import { TorchVocabulary } from './vocabularies/torch.ts'

describe('pickles that Python wrote', () => {
  it.each(CONTAINERS.map((base64, protocol) => [protocol, base64] as const))('containers in protocol %i', (_protocol, base64) => {
    expect(readPlainPickle(Buffer.from(base64, 'base64'))).toEqual({
      list: [1, -2, 2.5, null, true, false],
      tuple: [1, [2], []],
      big: String(2n ** 70n),
      negative: String(-(2n ** 63n)),
      text: 'é € 😀',
      bytes: '(bytes)',
      nested: { a: { b: [] } },
      long: 70_000,
      inf: -Infinity,
    })
  })

  it('keeps the bytes of every protocol', () => {
    for (const base64 of CONTAINERS) {
      const value = readPickle(Buffer.from(base64, 'base64'), PLAIN_VOCABULARY, 'the pickle')
      const bytes = typeof value === 'object' && value?.kind === 'dict' ? value.entries.get('bytes') : undefined
      expect(bytes).toEqual({ kind: 'bytes', bytes: expect.toSatisfy((found: Uint8Array) => Buffer.of(0, 255).equals(found)) })
    }
  })

  it.each(NUMPY_VALUES.map((base64, index) => [[0, 2, 4, 5][index], base64] as const))(
    'NumPy numbers in protocol %i',
    (_protocol, base64) => {
      expect(readPlainPickle(Buffer.from(base64, 'base64'))).toEqual({
        half: 1.5,
        byte: 250,
        long: -7,
        flag: true,
        array: [1, -2, 300],
        big_endian: [1.5, -2],
      })
    },
  )

  it('reads what Python 2 wrote', () => {
    expect(readPlainPickle(pickle("(lp0\nS'it\\'s \\x41\\n'\np1\naL12L\na."))).toEqual(["it's A\n", 12])
    expect(readPlainPickle(pickle('U', 2, 'ab', STOP))).toBe('ab')
    expect(readPlainPickle(pickle('U', 1, 0xff, STOP))).toBe('(bytes)')
  })

  it('reads negative and long integers exactly', () => {
    expect(readPlainPickle(pickle(0x8a, 0, STOP))).toBe(0)
    expect(readPlainPickle(pickle(0x8a, 1, 0xff, STOP))).toBe(-1)
    expect(readPlainPickle(pickle(0x8a, 2, 0x00, 0x80, STOP))).toBe(-32_768)
  })
})

const deep = (levels: number): Uint8Array => pickle(...Array<string>(levels).fill(']'), ...Array<string>(levels - 1).fill('a'), STOP)

/** Name of the case, bytes, what the reason says. */
const REFUSED: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['nothing at all', pickle(), /ends early/],
  ['no STOP', pickle('N'), /ends early/],
  ['STOP without a value', pickle(STOP), /takes a value where none is/],
  ['two values left', pickle('NN.'), /values left over/],
  ['a mark left', pickle('(N.'), /left over/],
  ['bytes behind STOP', pickle('N.N'), /1 bytes follow the end/],
  ['a second pickle', pickle('N.', pickle('N.')), /2 bytes follow the end/],
  ['a byte that is no opcode', pickle(0xff), /0xff at byte 0 is no opcode/],
  ['POP', pickle('NN0.'), /opcode POP at byte 2/],
  ['DUP', pickle('N2.'), /opcode DUP/],
  ['PERSID', pickle('Pid\n.'), /opcode PERSID/],
  ['OBJ', pickle('(No.'), /opcode OBJ at byte 2/],
  ['INST', pickle('(ios\nsystem\n.'), /INST with os\.system at byte 1/],
  ['EXT1', pickle(0x82, 1, STOP), /opcode EXT1/],
  ['NEWOBJ_EX', pickle('NNN', 0x92, STOP), /opcode NEWOBJ_EX/],
  ['NEXT_BUFFER', pickle(0x97, STOP), /opcode NEXT_BUFFER/],
  ['a persistent id where none has meaning', pickle('NQ.'), /outside itself/],
  ['protocol 6', pickle(0x80, 6, 'N.'), /protocol 6/],
  ['a second protocol header', pickle(0x80, 4, 0x80, 4, 'N.'), /second protocol header/],
  ['a frame beyond the end', pickle(0x80, 4, 0x95, 200, 0, 0, 0, 0, 0, 0, 0, 'N.'), /a frame of 200 bytes/],
  ['text beyond the end', pickle('X', 0xff, 0xff, 0xff, 0x7f, 'ab'), /2147483647 bytes are announced at byte 5, 2 are left/],
  ['text of 2^63 bytes', pickle(0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80, STOP), /beyond any file/],
  ['text that is not UTF-8', pickle(0x8c, 1, 0xff, STOP), /not UTF-8/],
  ['an integer of 300 bytes', pickle(0x8b, 0x2c, 1, 0, 0, new Uint8Array(300), STOP), /integer of 300 bytes/],
  ['an integer of negative length', pickle(0x8b, 0xff, 0xff, 0xff, 0xff, STOP), /integer of -1 bytes/],
  ['an integer of 500 digits', pickle(`L${'9'.repeat(500)}L\n.`), /500 digits/],
  ['an integer that is none', pickle('I1e3\n.'), /not a whole number/],
  ['a float that is none', pickle('F0x10\n.'), /not a number/],
  ['a string without quotes', pickle('Sabc\n.'), /without its quotes/],
  ['a line without an end', pickle('I1'), /no end of line/],
  ['a memo entry never set', pickle('h', 3, STOP), /memo entry 3 is used/],
  ['a memo entry beyond all bounds', pickle('Nr', 0xff, 0xff, 0xff, 0x7f, STOP), /beyond 250000/],
  ['a negative memo entry', pickle('Np-1\n.'), /not a memo number/],
  ['a global', pickle('cos\nsystem\n.'), /names os\.system at byte 0/],
  ['a global by STACK_GLOBAL', pickle(text('os'), text('system'), 0x93, STOP), /names os\.system at byte 18/],
  [
    'a global through the memo',
    pickle(MARK, text('os'), 'q', 0, text('system'), 'q', 1, 'h', 0, 'h', 1, 0x93, 'l.'),
    /names os\.system at byte 27/,
  ],
  ['a name made of numbers', pickle('NN', 0x93, STOP), /makes a name of a None/],
  [
    'a name on the list with a dot too many',
    pickle(global('collections', 'OrderedDict.fromkeys'), STOP),
    /names collections\.OrderedDict\.fromkeys/,
  ],
  ['a name with a newline and colours', pickle(text('o\ns\u001b[31m'), text('x'), 0x93, STOP), /names o\?s\?\[31m\.x/],
  ['a call of text', pickle(text('os.system'), ')R.'), /calls a string/],
  ['a call of None', pickle('N)R.'), /calls a None/],
  [
    'a call of what may only be mentioned',
    pickle(global('builtins', 'list'), ')R.'),
    /calls builtins\.list at byte 16, which may only be mentioned/,
  ],
  ['arguments that are no tuple', pickle(global('collections', 'OrderedDict'), ']R.'), /not a tuple/],
  ['a dictionary of no pairs', pickle(global('collections', 'OrderedDict'), tuple(']', MARK, 'Ne'), 'R.'), /made of a None/],
  ['a list as dictionary key', pickle('}]Ns.'), /a list is a dictionary key/],
  ['a key without a value', pickle('}(Nu.'), /key without a value/],
  ['entries in a list', pickle(']NNs.'), /entries are set in a list/],
  ['values added to a tuple', pickle(')Na.'), /added to a tuple/],
  ['state for a list', pickle('])b.'), /changes the state of a list/],
  ['state for a name', pickle(global('builtins', 'list'), '}b.'), /changes the state of a symbol/],
  ['attributes that are no dictionary', pickle('})b.'), /gets a tuple as attributes/],
  ['a list that holds itself', pickle(']q', 0, 'h', 0, 'a.'), /contains itself/],
  ['a dictionary that holds itself', pickle('}q', 0, text('me'), 'h', 0, 's.'), /contains itself/],
  ['250 lists one in the other', deep(250), /deeper than 200/],
  ['more opcodes than any model has', pickle('(', Buffer.alloc(MAX_OPCODES, 'N'), 't.'), /more than 250000 opcodes/],
  ['an opcode that eats below a mark', pickle('N(a.'), /where none is/],
]

describe('pickles that are refused', () => {
  it.each(REFUSED)('%s', (_name, bytes, reason) => {
    expect(() => readPlainPickle(bytes)).toThrow(AppError)
    expect(() => readPlainPickle(bytes)).toThrow(reason)
  })

  it('a small pickle cannot grow without end through shared parts', () => {
    const doubled = pickle(
      ']',
      ...Array.from({ length: 40 }, (_unused, level) => pickle('q', level, ']', 'h', level, 'a', 'h', level, 'a')),
      STOP,
    )
    expect(() => readPlainPickle(doubled)).toThrow(AppError)
    const inner = Array.from({ length: 40 }, (_unused, level) => pickle(MARK, 'h', level, 'h', level, 'lq', level + 1))
    expect(() => readPlainPickle(pickle('(]q', 0, ...inner, 'l.'))).toThrow(/more than 100000 values/)
  })

  it('150 lists one in the other are read', () => {
    expect(JSON.stringify(readPlainPickle(deep(150)))).toBe('['.repeat(150) + ']'.repeat(150))
  })

  it('shared lists that together are too deep are found', () => {
    const half = pickle(...Array<string>(150).fill(']'), ...Array<string>(149).fill('a'), 'q', 0)
    const wrapped = pickle(...Array<string>(100).fill(']'), 'h', 0, ...Array<string>(100).fill('a'))
    expect(() => readPlainPickle(pickle(MARK, half, wrapped, 't.'))).toThrow(/deeper than 200/)
  })
})

describe('what belongs to checkpoints alone', () => {
  const read = (bytes: Uint8Array): unknown => readPickle(bytes, new TorchVocabulary(), 'the pickle')
  const storageId = tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), integer(4))
  const tensorOf = (id: Uint8Array, offset: number, size: Uint8Array, stride: Uint8Array): Uint8Array =>
    pickle(global('torch._utils', '_rebuild_tensor_v2'), tuple(id, 'Q', integer(offset), size, stride, 0x89, '}'), 'R')

  it('tensors, parameters, sizes, devices and dtypes become data', () => {
    const tensor = tensorOf(storageId, 0, tuple(integer(2), integer(2)), tuple(integer(1), integer(2)))
    const parameter = pickle(global('torch._utils', '_rebuild_parameter'), tuple(tensor, 0x88, '}'), 'R')
    const entries = dict({
      parameter,
      size: pickle(global('torch', 'Size'), tuple(tuple(integer(3))), 'R'),
      device: pickle(global('torch', 'device'), tuple(text('cuda'), integer(1)), 'R'),
      dtype: global('torch', 'float32'),
    })
    expect(read(pickle(entries, STOP))).toMatchObject({
      entries: new Map<string, unknown>([
        ['parameter', { kind: 'tensor', storage: { key: '0', type: 'float32', elements: 4 }, offset: 0, shape: [2, 2], strides: [1, 2] }],
        ['size', { kind: 'tuple', items: [3] }],
        ['device', 'cuda:1'],
        ['dtype', { kind: 'symbol', name: 'torch.float32' }],
      ]),
    })
  })

  it.each([
    ['a view beyond its storage', tensorOf(storageId, 1, tuple(integer(4)), tuple(integer(1))), /reaches element 4 of a storage of 4/],
    ['a stride beyond its storage', tensorOf(storageId, 0, tuple(integer(3)), tuple(integer(2))), /reaches element 4/],
    [
      'sizes whose product overflows',
      tensorOf(
        storageId,
        0,
        tuple(...Array.from({ length: 8 }, () => integer(2 ** 31 - 1))),
        tuple(...Array.from({ length: 8 }, () => integer(0))),
      ),
      /repeats its storage/,
    ],
    ['a negative size', tensorOf(storageId, 0, tuple(integer(-1)), tuple(integer(1))), /whole number from 0/],
    ['a negative stride', tensorOf(storageId, 3, tuple(integer(2)), tuple(integer(-1))), /whole number from 0/],
    ['sizes without strides', tensorOf(storageId, 0, tuple(integer(2)), tuple()), /1 sizes and 0 strides/],
    ['a tensor in a number', tensorOf(tuple(), 0, tuple(), tuple()), /argument 1 is missing/],
    [
      'a storage of an unknown type',
      tensorOf(tuple(text('storage'), text('torch.FloatStorage'), text('0'), text('cpu'), integer(4)), 0, tuple(), tuple()),
      /unknown type/,
    ],
    ['a whole module', pickle(tuple(text('module'), 'N'), 'Q'), /holds a "module"/],
    ['a persistent id that is text', pickle(text('x'), 'Q'), /refers to something outside/],
    [
      'a storage described twice',
      pickle(MARK, storageId, 'Q', tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), integer(5)), 'Qt'),
      /in two ways/,
    ],
    ['a class of its own', pickle(global('torch.nn.modules.linear', 'Linear'), ')', 0x81), /names torch\.nn\.modules\.linear\.Linear/],
  ])('%s is refused', (_name, bytes, reason) => {
    expect(() => read(pickle(bytes, STOP))).toThrow(AppError)
    expect(() => read(pickle(bytes, STOP))).toThrow(reason)
  })
})
