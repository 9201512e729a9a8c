// @vitest-environment happy-dom
import { beforeEach, expect, it } from 'vitest'
import { forgetToken, takeToken } from './token.ts'

beforeEach(() => {
  sessionStorage.clear()
  history.replaceState(null, '', '/')
})

it('takes the token from the fragment, keeps it for the session and clears the address bar', () => {
  history.replaceState(null, '', '/?a=1#token=abc%2B1&view=chart')
  expect(takeToken(window)).toBe('abc+1')
  expect(location.hash).toBe('#view=chart')
  expect(location.search).toBe('?a=1')
  expect(takeToken(window)).toBe('abc+1')
})

it('has none before one was given and after it was forgotten', () => {
  expect(takeToken(window)).toBeUndefined()
  history.replaceState(null, '', '/#token=x')
  takeToken(window)
  expect(location.hash).toBe('')
  forgetToken(sessionStorage)
  expect(takeToken(window)).toBeUndefined()
})
