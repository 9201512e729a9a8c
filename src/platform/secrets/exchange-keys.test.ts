import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { storedExchangeKeys } from './exchange-keys.ts'
import { SecretVault, SECRETS_FILE } from './secret-vault.ts'

const BOT_TRADING_PASSPHRASE = 'a passphrase long enough'
const account = { venue: 'bybit', account: 'main' }
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bot-trading-keys-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

it('gives both keys of the account, and nothing of another, of half a pair, or without the passphrase', async () => {
  const vault = await SecretVault.open(join(directory, SECRETS_FILE), BOT_TRADING_PASSPHRASE)
  await vault.put('bybit.main.key', 'KEY')
  expect(await storedExchangeKeys(directory, { BOT_TRADING_PASSPHRASE }, account)).toBeUndefined()
  await vault.put('bybit.main.secret', 'SECRET')
  expect(await storedExchangeKeys(directory, { BOT_TRADING_PASSPHRASE }, account)).toEqual({ apiKey: 'KEY', secret: 'SECRET' })
  expect(await storedExchangeKeys(directory, { BOT_TRADING_PASSPHRASE }, { ...account, account: 'testnet' })).toBeUndefined()
  expect(await storedExchangeKeys(directory, {}, account)).toBeUndefined()
  const wrong = { BOT_TRADING_PASSPHRASE: 'another one, long enough' }
  await expect(storedExchangeKeys(directory, wrong, account)).rejects.toMatchObject({ code: 'REFUSED' })
})

it('makes no store where there is none', async () => {
  expect(await storedExchangeKeys(directory, { BOT_TRADING_PASSPHRASE }, account)).toBeUndefined()
  expect(readdirSync(directory)).toEqual([])
})
