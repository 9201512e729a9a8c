import { expect, it } from 'vitest'
import { failureFromResponse, toFailure } from './failure.ts'

it('reads a problem document', () => {
  const failure = failureFromResponse(409, {
    title: 'Conflict',
    status: 409,
    code: 'CONFLICT',
    detail: 'Order x is filled. No cancel was sent.',
  })
  expect(failure).toMatchObject({ kind: 'refused', code: 'CONFLICT', message: 'Order x is filled. No cancel was sent.' })
})

it.each([
  [401, undefined, 'unauthorized'],
  [422, {}, 'refused'],
  [503, { message: 'starting' }, 'failed'],
])('status %i', (status, body, kind) => expect(failureFromResponse(status, body).kind).toBe(kind))

it('tells "no answer" from "the answer was no"', () => {
  expect(toFailure(new TypeError('fetch failed')).kind).toBe('unreachable')
  expect(toFailure(new DOMException('late', 'TimeoutError')).kind).toBe('timeout')
  expect(toFailure(new Error('bug')).kind).toBe('failed')
})
