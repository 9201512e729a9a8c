import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { SecretVault } from '#platform/secrets/secret-vault.ts'
import type { PlannedSecret } from './settings-plan.ts'

/**
 * Which secrets a run stored, as hashes in the vault itself: a rollback removes those that are still the same. Outside of the vault even
 * a hash of a short password would give it away.
 */
const seals = z.record(z.string(), z.string())

function sealName(runId: string): string {
  return `import.${runId}`
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

export async function sealSecrets(vault: SecretVault, runId: string, secrets: readonly PlannedSecret[]): Promise<void> {
  const hashes = Object.fromEntries(secrets.map(({ name, secret }) => [name, hashOf(secret.reveal())]))
  await vault.put(sealName(runId), JSON.stringify(hashes))
}

export function isSealed(vault: SecretVault, runId: string, name: string): boolean {
  const text = vault.get(sealName(runId))
  const secret = vault.get(name)
  if (text === undefined || secret === undefined) return false
  const hashes = seals.parse(JSON.parse(text))
  return Object.hasOwn(hashes, name) && hashes[name] === hashOf(secret)
}

export async function removeSeal(vault: SecretVault, runId: string): Promise<void> {
  await vault.remove(sealName(runId))
}
