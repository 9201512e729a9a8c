import { expect, it } from 'vitest'
import { withoutPassword, withPassword } from './source-address.ts'

it('puts a password into an address and takes it out again, whatever letters it has', () => {
  const full = withPassword('postgres://reader@host:5432/bot?sslmode=require', 'p@ss:/w%rd')
  expect(decodeURIComponent(new URL(full).password)).toBe('p@ss:/w%rd')
  expect(withoutPassword(full)).toBe('postgres://reader@host:5432/bot?sslmode=require')
})

it('leaves paths alone', () => {
  expect(withPassword('/data/v2.dump', 'secret')).toBe('/data/v2.dump')
  expect(withoutPassword('/data/a:b@c.dump')).toBe('/data/a:b@c.dump')
})

it('keeps no password of an address that cannot be read', () => {
  expect(withoutPassword('postgres://me:sec@ret@host:port/db')).toBe('postgres://me@host:port/db')
  expect(withoutPassword('postgres://me@host/db?password=secret')).toBe('postgres://me@host/db')
})
