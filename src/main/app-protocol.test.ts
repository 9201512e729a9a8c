import { resolve, sep } from 'node:path'
import { fc } from '#test/support/properties.ts'
import { expect, test } from 'vitest'
import { resolveAppFile } from './app-protocol.ts'
import { isAllowedLink } from './external-links.ts'
import { originOf } from './trusted-page.ts'

const folder = resolve('/srv/screens')

test('serves what lies in the folder', () => {
  expect(resolveAppFile('app://workstation/', folder)).toBe(resolve(folder, 'index.html'))
  expect(resolveAppFile('app://workstation/assets/a%20b.js?v=1#x', folder)).toBe(resolve(folder, 'assets/a b.js'))
})

test.each([
  'app://workstation/..%2f..%2fetc%2fpasswd',
  'app://workstation/%2e%2e%2fmain%2findex.js',
  'app://workstation/..%5c..%5cwindows',
  'app://workstation/a%00b',
  'app://workstation/%ff',
  'app://elsewhere/index.html',
  'app://workstation:1/index.html',
  'app://user@elsewhere/index.html',
  'https://workstation/index.html',
  'file:///etc/passwd',
  'nonsense',
])('refuses %s', (url) => expect(resolveAppFile(url, folder)).toBeNull())

test('no path, however written, leads out of the folder', () => {
  const piece = fc.oneof(
    fc.constantFrom('..', '.', '%2e%2e', '%2E.', '%2f', '%5c', '/', '\\', '%00', '%252e', '//', '~'),
    fc.string({ maxLength: 8 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const file = resolveAppFile(`app://workstation/${pieces.join('/')}`, folder)
      expect(file === null || file.startsWith(folder + sep)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('opens only https pages of known hosts', () => {
  expect(isAllowedLink('https://github.com/x/y?z#w')).toBe(true)
  for (const url of [
    'http://github.com',
    'https://github.com.evil.io',
    'https://a:b@github.com',
    'https://github.com:8443',
    'HTTPS://evil.io',
    'javascript:1',
    'file:///x',
    '',
  ])
    expect(isAllowedLink(url), url).toBe(false)
})

test('an origin is scheme and host, also where URL.origin says null', () => {
  expect(originOf('app://workstation/a/b')).toBe('app://workstation')
  expect(originOf('app://workstation.evil/')).not.toBe('app://workstation')
  expect(originOf('about:blank')).toBe('about://')
  expect(originOf('')).toBeNull()
})
