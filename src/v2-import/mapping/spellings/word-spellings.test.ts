import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import {
  BOOLEANS,
  ORDER_STATUSES,
  ORDER_TYPES,
  readOrderSide,
  readWord,
  SIDES,
  SIGNAL_ACTIONS,
  TRADE_STATES,
  type Vocabulary,
} from './word-spellings.ts'

const cases: readonly (readonly [string, Vocabulary<unknown>, Readonly<Record<string, unknown>>])[] = [
  [
    'side',
    SIDES,
    { Buy: 'BUY', BUY: 'BUY', buy: 'BUY', long: 'BUY', Long: 'BUY', Sell: 'SELL', SELL: 'SELL', sell: 'SELL', short: 'SELL' },
  ],
  [
    'status of a trade',
    TRADE_STATES,
    {
      OPEN: 'OPEN',
      open: 'OPEN',
      CLOSE: 'CLOSED',
      closed: 'CLOSED',
      CANCELED: 'CANCELED',
      cancelled: 'CANCELED',
      PARTIAL: 'PARTIAL',
      Rejected: 'REJECTED',
    },
  ],
  [
    'status of an order',
    ORDER_STATUSES,
    {
      open: 'ACCEPTED',
      New: 'ACCEPTED',
      filled: 'FILLED',
      PARTIALLY_FILLED: 'PARTIALLY_FILLED',
      PartiallyFilled: 'PARTIALLY_FILLED',
      cancelled: 'CANCELED',
      canceled: 'CANCELED',
      CANCELLED: 'CANCELED',
      rejected: 'REJECTED',
      Expired: 'EXPIRED',
      PENDING: 'SUBMITTED',
    },
  ],
  [
    'type of an order',
    ORDER_TYPES,
    {
      market: 'MARKET',
      Market: 'MARKET',
      LIMIT: 'LIMIT',
      stop: 'STOP_MARKET',
      Stop: 'STOP_MARKET',
      STOP_LOSS: 'STOP_MARKET',
      stop_limit: 'STOP_LIMIT',
      'stop-limit': 'STOP_LIMIT',
      StopLimit: 'STOP_LIMIT',
      TAKE_PROFIT: 'TAKE_PROFIT_MARKET',
      take_profit_limit: 'TAKE_PROFIT_LIMIT',
    },
  ],
  ['action', SIGNAL_ACTIONS, { buy: 'BUY', SHORT: 'SELL', close_long: 'CLOSE_LONG', CloseShort: 'CLOSE_SHORT', neutral: 'NONE' }],
  ['boolean', BOOLEANS, { t: true, true: true, True: true, '1': true, '1.0': true, f: false, FALSE: false, '0': false, '0.0': false }],
]

describe.each(cases)('%s', (_name, vocabulary, spellings) => {
  it('reads the spellings of version 2', () => {
    const read = Object.fromEntries(Object.keys(spellings).map((text) => [text, readWord(vocabulary, text)]))
    expect(read).toEqual(spellings)
  })

  it('does not care for case, blanks, dashes and underscores', () => {
    const word = fc.constantFrom(...vocabulary.words.keys())
    fc.assert(
      fc.property(
        word,
        fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }),
        fc.constantFrom('', ' ', '_', '-'),
        fc.nat(24),
        (text, upper, gap, at) => {
          const spelled = Array.from(text, (letter, index) => (upper[index] === true ? letter.toUpperCase() : letter)).join('')
          expect(readWord(vocabulary, `${spelled.slice(0, at)}${gap}${spelled.slice(at)}`)).toBe(vocabulary.words.get(text))
        },
      ),
    )
  })

  it('takes no word it does not know for one it knows', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), (text) => {
        const plain = text.toLowerCase().replaceAll(/[\s_-]+/g, '')
        fc.pre(!vocabulary.words.has(plain) && !vocabulary.words.has(text))
        expect(readWord(vocabulary, text)).toMatchObject({ rule: vocabulary.rule })
      }),
    )
    for (const text of ['', 'Hold?', 'None', 'null', 'closed_by_sl', 'constructor', '__proto__'])
      expect(readWord(vocabulary, text)).toMatchObject({ rule: vocabulary.rule })
  })
})

describe('side of an order', () => {
  it('is not told by the word for a position where the order may only reduce one', () => {
    expect(readOrderSide('long', true)).toMatchObject({ rule: 'ambiguous-side' })
    expect(readOrderSide(' Short ', true)).toMatchObject({ rule: 'ambiguous-side' })
    expect(readOrderSide('long', false)).toBe('BUY')
    expect(readOrderSide('short', undefined)).toBe('SELL')
    expect(readOrderSide('Sell', true)).toBe('SELL')
  })
})
