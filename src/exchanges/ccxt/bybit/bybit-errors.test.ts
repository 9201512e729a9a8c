import { describe, expect, it } from 'vitest'
import type { VenueReply } from '../ccxt-client.ts'
import { judge, meaningOf } from './bybit-errors.ts'

const NOW = 1_700_000_000_000
const answer = (body: unknown, httpStatus = 200, headers: Record<string, string> = {}): VenueReply => ({
  kind: 'ANSWER',
  httpStatus,
  body,
  text: typeof body === 'string' ? body : (JSON.stringify(body) ?? ''),
  headers,
})
const code = (retCode: unknown, result: unknown = {}) => ({ retCode, retMsg: 'words', result, time: NOW })

describe('judge', () => {
  it('takes a zero in a whole envelope for done, and nothing less', () => {
    expect(judge(answer(code(0, { orderId: 'x' })), NOW)).toEqual({ kind: 'OK', result: { orderId: 'x' }, ts: NOW })
    for (const odd of [code(0, null), code('0'), {}, [], null, 'x', undefined]) expect(judge(answer(odd), NOW).kind).toBe('UNKNOWN')
    expect(judge(answer(code(0, {}), 502), NOW).kind).toBe('UNKNOWN')
  })

  it.each([
    [110007, 'REJECTED'],
    [110017, 'REJECTED'],
    [110072, 'DUPLICATE'],
    [110001, 'GONE'],
    [10006, 'THROTTLED'],
    [10003, 'DENIED'],
    [10002, 'CLOCK'],
  ] as const)('code %i means %s', (retCode, meaning) => {
    expect(judge(answer(code(retCode)), NOW)).toMatchObject({ kind: 'CODE', meaning, code: String(retCode) })
  })

  it('calls every code that is not listed unknown, above all the venue’s own timeouts and faults', () => {
    for (const retCode of [10000, 10016, 5004, 10014, 110079, 170007, 131200, 999_999, -1]) {
      expect(meaningOf(retCode)).toBeUndefined()
      expect(judge(answer(code(retCode)), NOW).kind).toBe('UNKNOWN')
    }
  })

  it('believes a status only where it proves something', () => {
    const meaning = (httpStatus: number, text = 'no') => {
      const verdict = judge(answer(text, httpStatus), NOW)
      return verdict.kind === 'CODE' ? verdict.meaning : verdict.kind
    }
    expect([400, 401, 403, 429].map((status) => meaning(status))).toEqual(['REJECTED', 'DENIED', 'DENIED', 'THROTTLED'])
    expect(meaning(403, '403, access too frequent. Please try again in 5 minutes')).toBe('THROTTLED')
    for (const status of [200, 404, 408, 409, 500, 502, 503, 504]) expect(meaning(status)).toBe('UNKNOWN')
    expect(judge({ kind: 'SILENCE', reason: 'timed out' }, NOW)).toEqual({ kind: 'UNKNOWN', reason: 'timed out' })
  })

  it('waits as long as the venue says, within bounds', () => {
    const wait = (headers: Record<string, string>) => {
      const verdict = judge(answer(code(10006), 200, headers), NOW)
      return verdict.kind === 'CODE' ? verdict.retryAfterMs : undefined
    }
    expect(wait({ 'retry-after': '3' })).toBe(3_000)
    expect(wait({ 'x-bapi-limit-reset-timestamp': String(NOW + 700) })).toBe(700)
    expect(wait({})).toBe(1_000)
    expect(wait({ 'retry-after': '1e9' })).toBe(600_000)
  })
})
