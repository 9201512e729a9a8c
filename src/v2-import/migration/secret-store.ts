import { join } from 'node:path'
import { PASSPHRASE_VARIABLE, SecretVault, SECRETS_FILE } from '#platform/secrets/secret-vault.ts'
import { removeDurably } from '#platform/durable-file.ts'
import type { MigrationPlace } from './migration-order.ts'
import { type MigrationRecord, removeDrafts } from './run-record.ts'

/** The store of secrets during a run: opened where there is one, made only when there is something to put into it. */
export class SecretStore {
  readonly #path: string
  readonly #passphrase: string | undefined
  #vault: SecretVault | undefined

  private constructor(path: string, passphrase: string | undefined, vault: SecretVault | undefined) {
    this.#path = path
    this.#passphrase = passphrase
    this.#vault = vault
  }

  /** Throws `REFUSED` for a passphrase that is too short or opens nothing; nothing is written. */
  static async open({ directory, env }: Pick<MigrationPlace, 'directory' | 'env'>): Promise<SecretStore> {
    const path = join(directory.path, SECRETS_FILE)
    const given = env[PASSPHRASE_VARIABLE]
    const passphrase = given === '' ? undefined : given
    return new SecretStore(path, passphrase, passphrase === undefined ? undefined : await SecretVault.openIfThere(path, passphrase))
  }

  /** `none` without a passphrase; undefined where there is no store yet. */
  get vault(): SecretVault | 'none' | undefined {
    return this.#passphrase === undefined ? 'none' : this.#vault
  }

  /** The store, made if need be; undefined without a passphrase. */
  async forWriting(record: MigrationRecord): Promise<SecretVault | undefined> {
    if (this.#passphrase === undefined || this.#vault !== undefined) return this.#vault
    await removeDrafts([this.#path])
    await record.change({ isVaultMade: true })
    this.#vault = await SecretVault.open(this.#path, this.#passphrase)
    return this.#vault
  }

  /** Takes the file away that the run made, once nothing is in it. */
  async forgetIfEmpty(record: MigrationRecord): Promise<void> {
    await removeDrafts([this.#path])
    if (!record.content.isVaultMade || this.#vault === undefined || this.#vault.names().length > 0) return
    await removeDurably(this.#path)
  }

  close(): void {
    this.#vault?.close()
    this.#vault = undefined
  }
}
