import { expect, it } from 'vitest'
import { withPassword } from './source-password.ts'

const embedded = { mode: 'embedded' } as const

it.each([
  ['postgres://u@h/d', { PGPASSWORD: 'a b/c' }, embedded, 'postgres://u:a%20b%2Fc@h/d'],
  ['postgres://u:mine@h/d', { PGPASSWORD: 'x' }, embedded, 'postgres://u:mine@h/d'],
  ['postgres://u@h/d', {}, embedded, 'postgres://u@h/d'],
  // Then it is the password of our own server.
  ['postgres://u@h/d', { PGPASSWORD: 'x', PGHOST: 'ours' }, embedded, 'postgres://u@h/d'],
  ['postgres://u@h/d', { PGPASSWORD: 'x' }, { mode: 'external' } as const, 'postgres://u@h/d'],
  ['/some/file.dump', { PGPASSWORD: 'x' }, embedded, '/some/file.dump'],
])('%s with %o and %o', (source, env, config, expected) => {
  expect(withPassword(source, env, config)).toBe(expected)
})
