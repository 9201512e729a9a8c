import { PASSPHRASE_VARIABLE } from './secret-vault.ts'

const SECRETS = ['EXCHANGE_API_KEY', 'EXCHANGE_API_SECRET', PASSPHRASE_VARIABLE]

/** The process's environment. Its secrets are taken out of it, so that no program that is started later inherits them. */
export function takeEnvironment(): Readonly<Record<string, string | undefined>> {
  const env = { ...process.env }
  for (const name of SECRETS) delete process.env[name]
  return env
}
