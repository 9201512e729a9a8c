import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SecretVault } from './secret-vault.ts'

const PASSPHRASE = 'a passphrase long enough'
const CANARY = 'canary+secret/0123456789=='
let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bot-trading-vault-'))
  path = join(directory, 'secrets.json')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('the vault', () => {
  it('gives back what was put, after it is opened again; the file shows none of it and belongs to its owner alone', async () => {
    const vault = await SecretVault.open(path, PASSPHRASE)
    await vault.put('bybit.main.secret', CANARY)
    await vault.put('bybit.main.key', 'KEY')
    vault.close()
    const again = await SecretVault.open(path, PASSPHRASE)
    expect([again.get('bybit.main.secret'), again.names()]).toEqual([CANARY, ['bybit.main.key', 'bybit.main.secret']])
    const text = readFileSync(path)
    for (const encoding of ['utf8', 'base64', 'hex', 'base64url'] as const)
      expect(text.includes(Buffer.from(CANARY).toString(encoding).slice(0, 16))).toBe(false)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory)).toEqual(['secrets.json'])
  })

  it('has nothing of a name nobody stored, also of names every object has', async () => {
    const vault = await SecretVault.open(path, PASSPHRASE)
    expect([vault.get('constructor'), vault.has('toString'), await vault.remove('x')]).toEqual([undefined, false, false])
  })

  it('is not opened by another passphrase, and stays as it is', async () => {
    await (await SecretVault.open(path, PASSPHRASE)).put('a', CANARY)
    const before = readFileSync(path)
    await expect(SecretVault.open(path, 'another passphrase')).rejects.toMatchObject({ code: 'REFUSED' })
    await expect(SecretVault.open(path, 'short')).rejects.toMatchObject({ code: 'REFUSED' })
    expect(readFileSync(path)).toEqual(before)
  })

  it('refuses a secret that was changed, or put under another name', async () => {
    const vault = await SecretVault.open(path, PASSPHRASE)
    await vault.put('a', CANARY)
    await vault.put('b', 'other')
    const file = JSON.parse(readFileSync(path, 'utf8')) as { secrets: Record<string, unknown> }
    file.secrets = { a: file.secrets['b'], b: file.secrets['a'] }
    writeFileSync(path, JSON.stringify(file))
    const again = await SecretVault.open(path, PASSPHRASE)
    expect(() => again.get('a')).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }) as Error)
  })

  it('says of a file that is none what to do, and does not overwrite it', async () => {
    writeFileSync(path, '{"version":2}')
    await expect(SecretVault.open(path, PASSPHRASE)).rejects.toMatchObject({ code: 'FILE_INVALID' })
    expect(readFileSync(path, 'utf8')).toBe('{"version":2}')
  })
})
