import { join } from 'node:path'
import { PASSPHRASE_VARIABLE, SecretVault, SECRETS_FILE } from './secret-vault.ts'

export interface ExchangeKeys {
  readonly apiKey: string
  readonly secret: string
}

/**
 * The keys of an account from the store of secrets, where they stand as `VENUE.ACCOUNT.key` and `VENUE.ACCOUNT.secret`; undefined
 * without a passphrase, without a store, or when not both are in it. Throws `REFUSED` for a passphrase that does not open it.
 */
export async function storedExchangeKeys(
  dataDirectory: string,
  env: Readonly<Record<string, string | undefined>>,
  { venue, account }: { readonly venue: string; readonly account: string },
): Promise<ExchangeKeys | undefined> {
  const passphrase = env[PASSPHRASE_VARIABLE]
  if (passphrase === undefined || passphrase === '') return undefined
  const vault = await SecretVault.openIfThere(join(dataDirectory, SECRETS_FILE), passphrase)
  if (vault === undefined) return undefined
  try {
    const [apiKey, secret] = [vault.get(`${venue}.${account}.key`), vault.get(`${venue}.${account}.secret`)]
    return apiKey === undefined || secret === undefined ? undefined : { apiKey, secret }
  } finally {
    vault.close()
  }
}
