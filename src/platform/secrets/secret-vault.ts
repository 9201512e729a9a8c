import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { AppError } from '#domain/errors.ts'
import { writeDurably } from '#platform/durable-file.ts'

/** Keys of exchanges, bot tokens and the like, encrypted in one file of the data directory. They are nowhere else. */

export const PASSPHRASE_VARIABLE = 'BOT_TRADING_PASSPHRASE'
/** In the data directory. */
export const SECRETS_FILE = 'secrets.json'
const PASSPHRASE_LENGTH_MIN = 12
const FILE_BYTES_MAX = 4 * 1024 * 1024
const SECRETS_MAX = 1_000
const SECRET_LENGTH_MAX = 16_384

/** RFC 7914; N = 2^17, r = 8 takes 128 MiB and about half a second, OWASP's first choice for scrypt. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const
const SCRYPT_MEMORY_MAX = 256 * 1024 * 1024
const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const SALT_BYTES = 32

const sealed = z.strictObject({ nonce: z.base64(), tag: z.base64(), text: z.base64() })
type Sealed = z.infer<typeof sealed>

/** The costs are fixed by the version: a file cannot ask for less, nor for more memory than there is. */
const vaultFile = z.strictObject({
  version: z.literal(1),
  salt: z.base64(),
  /** The data key under the key made from the passphrase: a new passphrase seals only this anew. */
  dataKey: sealed,
  secrets: z.record(z.string(), sealed),
})
type VaultFile = z.infer<typeof vaultFile>

const deriveKey = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt)

function seal(key: Buffer, name: string, plain: Buffer): Sealed {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(name))
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return { nonce: nonce.toString('base64'), tag: cipher.getAuthTag().toString('base64'), text: text.toString('base64') }
}

/** Throws when key, name or text are not the ones it was sealed with. */
function unseal(key: Buffer, name: string, { nonce, tag, text }: Sealed): Buffer {
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, 'base64'), { authTagLength: 16 }).setAAD(Buffer.from(name))
  decipher.setAuthTag(Buffer.from(tag, 'base64'))
  return Buffer.concat([decipher.update(Buffer.from(text, 'base64')), decipher.final()])
}

const DATA_KEY = 'data key'
const entryName = (name: string): string => `secret ${name}`

/** An open vault. What it holds in memory is the data key alone; each secret is opened when it is asked for. */
export class SecretVault {
  readonly #path: string
  readonly #key: Buffer
  #file: VaultFile

  private constructor(path: string, key: Buffer, file: VaultFile) {
    this.#path = path
    this.#key = key
    this.#file = file
  }

  /**
   * Opens the vault, or makes it. Throws `REFUSED` for a passphrase that is too short or does not open it, `FILE_INVALID` for a file that
   * is no vault; nothing is written then.
   */
  static async open(path: string, passphrase: string): Promise<SecretVault> {
    return (await SecretVault.openIfThere(path, passphrase)) ?? (await SecretVault.#make(path, passphrase))
  }

  /** Undefined where there is none; never makes one. Throws as `open` does. */
  static async openIfThere(path: string, passphrase: string): Promise<SecretVault | undefined> {
    if (passphrase.length < PASSPHRASE_LENGTH_MIN) {
      throw new AppError(
        'REFUSED',
        `The passphrase for the secrets has ${passphrase.length} characters; ${PASSPHRASE_LENGTH_MIN} are the least. Nothing was stored. Set a longer ${PASSPHRASE_VARIABLE}.`,
      )
    }
    return existsSync(path) ? await SecretVault.#read(path, passphrase) : undefined
  }

  static async #make(path: string, passphrase: string): Promise<SecretVault> {
    const salt = randomBytes(SALT_BYTES)
    const key = randomBytes(KEY_BYTES)
    const dataKey = seal(await keyOf(passphrase, salt), DATA_KEY, key)
    const vault = new SecretVault(path, key, { version: 1, salt: salt.toString('base64'), dataKey, secrets: {} })
    await vault.#write(vault.#file)
    return vault
  }

  static async #read(path: string, passphrase: string): Promise<SecretVault> {
    const file = await readVaultFile(path)
    const passKey = await keyOf(passphrase, Buffer.from(file.salt, 'base64'))
    let key: Buffer
    try {
      key = unseal(passKey, DATA_KEY, file.dataKey)
    } catch (error) {
      throw new AppError(
        'REFUSED',
        `The passphrase does not open the secrets in ${path}. Nothing was read or changed. Set ${PASSPHRASE_VARIABLE} to the one they were stored with.`,
        { cause: error },
      )
    }
    return new SecretVault(path, key, file)
  }

  names(): readonly string[] {
    return Object.keys(this.#file.secrets).sort()
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#file.secrets, name)
  }

  /** Undefined when there is none of that name. Throws `FILE_INVALID` when its text was changed on disk. */
  get(name: string): string | undefined {
    const entry = this.has(name) ? this.#file.secrets[name] : undefined
    if (entry === undefined) return undefined
    try {
      return unseal(this.#key, entryName(name), entry).toString('utf8')
    } catch (error) {
      throw new AppError('FILE_INVALID', `The secret ${name} in ${this.#path} was changed on disk. It was not used. Store it again.`, {
        cause: error,
      })
    }
  }

  /** Durable when it returns. */
  async put(name: string, secret: string): Promise<void> {
    if (name.length === 0 || name.length > 200 || secret.length === 0 || secret.length > SECRET_LENGTH_MAX) {
      throw new AppError('REFUSED', `A secret has a name and 1 to ${SECRET_LENGTH_MAX} characters. Nothing was stored.`)
    }
    if (!this.has(name) && this.names().length >= SECRETS_MAX)
      throw new AppError('REFUSED', `There are ${SECRETS_MAX} secrets already. ${name} was not stored. Remove some first.`)
    await this.#write({
      ...this.#file,
      secrets: { ...this.#file.secrets, [name]: seal(this.#key, entryName(name), Buffer.from(secret, 'utf8')) },
    })
  }

  /** False when there was none. */
  async remove(name: string): Promise<boolean> {
    if (!this.has(name)) return false
    const { [name]: _, ...secrets } = this.#file.secrets
    await this.#write({ ...this.#file, secrets })
    return true
  }

  /** Overwrites the key in memory. The vault cannot be used afterwards. */
  close(): void {
    this.#key.fill(0)
  }

  async #write(file: VaultFile): Promise<void> {
    await writeDurably(this.#path, Buffer.from(`${JSON.stringify(file)}\n`))
    this.#file = file
  }
}

async function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
  return await deriveKey(passphrase.normalize('NFKC'), salt, KEY_BYTES, { ...SCRYPT, maxmem: SCRYPT_MEMORY_MAX })
}

async function readVaultFile(path: string): Promise<VaultFile> {
  const text = await readFile(path)
  const invalid = (cause?: unknown): AppError =>
    new AppError(
      'FILE_INVALID',
      `${path} is not a file of secrets, or it is damaged. Nothing was changed. Restore it from a backup, or move it away and store the secrets again.`,
      {
        cause,
      },
    )
  if (text.length > FILE_BYTES_MAX) throw invalid()
  let data: unknown
  try {
    data = JSON.parse(text.toString('utf8'))
  } catch (error) {
    throw invalid(error)
  }
  const parsed = vaultFile.safeParse(data)
  if (!parsed.success) throw invalid(parsed.error)
  return parsed.data
}
