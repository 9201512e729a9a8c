import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Authenticator } from './authenticator.ts'
import { resolveToken } from './token.ts'

describe('resolveToken', () => {
  let dataDir: string
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gateway-token-'))
  })
  afterEach(() => rm(dataDir, { recursive: true, force: true }))

  it('makes a token that only its owner may read, once', async () => {
    const made = await resolveToken({ dataDir })
    expect(made.token).toMatch(/^[\w-]{43}$/)
    expect(made.source).toBe('file')
    if (process.platform !== 'win32') expect((await stat(made.path)).mode & 0o777).toBe(0o600)
    expect((await resolveToken({ dataDir })).token).toBe(made.token)
    expect((await readFile(made.path, 'utf8')).trim()).toBe(made.token)
  })

  it('gives two data directories two tokens', async () => {
    const other = await mkdtemp(join(tmpdir(), 'gateway-token-'))
    try {
      expect((await resolveToken({ dataDir })).token).not.toBe((await resolveToken({ dataDir: other })).token)
    } finally {
      await rm(other, { recursive: true, force: true })
    }
  })

  it('takes an option before the environment before the file', async () => {
    const [option, environment] = ['option-token-0123456789', 'environment-token-0123']
    expect(await resolveToken({ dataDir, option, environment })).toMatchObject({ token: option, source: 'option' })
    expect(await resolveToken({ dataDir, environment })).toMatchObject({ token: environment, source: 'environment' })
    expect(await resolveToken({ dataDir, environment: '' })).toMatchObject({ source: 'file' })
  })

  it.each(['', 'short', 'fifteen-chars-x', 'with a blank in the middle', 'x'.repeat(201), 'umlaut-ä-0123456789'])(
    'refuses %j',
    async (option) => {
      await expect(resolveToken({ dataDir, option })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    },
  )

  it('refuses an emptied file and closes one that others could read', async () => {
    const { path, token } = await resolveToken({ dataDir })
    await chmod(path, 0o644)
    expect((await resolveToken({ dataDir })).token).toBe(token)
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600)
    await writeFile(path, '\n')
    await expect(resolveToken({ dataDir })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('Authenticator', () => {
  const authenticator = new Authenticator('the-right-token-0123')
  it.each([
    [undefined, 'none'],
    ['Bearer the-right-token-0123', 'ok'],
    ['bearer  the-right-token-0123', 'ok'],
    ['Bearer the-right-token-012', 'wrong'],
    ['Bearer the-right-token-01234', 'wrong'],
    ['Bearer', 'wrong'],
    ['the-right-token-0123', 'wrong'],
    ['Basic the-right-token-0123', 'wrong'],
    ['', 'wrong'],
  ])('reads %j as %s', (header, expected) => {
    expect(authenticator.check(header)).toBe(expected)
  })
})
