import { randomBytes } from 'node:crypto'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '#domain/errors.ts'

export const TOKEN_LENGTH_MIN = 16
const TOKEN_LENGTH_MAX = 200
const TOKEN_BYTES = 32
const OWNER_ONLY = 0o600
/** Text that may stand in an Authorization header. */
const TOKEN = /^[\x21-\x7e]+$/

export interface ResolvedToken {
  readonly token: string
  readonly source: 'option' | 'environment' | 'file'
  /** Where the token is kept, also when it was overridden. */
  readonly path: string
}

export interface TokenSources {
  readonly dataDir: string
  /** What the person gave on the command line. */
  readonly option?: string | undefined
  /** `API_TOKEN`. */
  readonly environment?: string | undefined
}

/** The token callers must know: given, or the one in the data directory, which is made at the first start. There is no default. */
export async function resolveToken({ dataDir, option, environment }: TokenSources): Promise<ResolvedToken> {
  const path = join(dataDir, 'api-token')
  if (option !== undefined) return { token: checkToken(option, '--token'), source: 'option', path }
  if (environment !== undefined && environment !== '') return { token: checkToken(environment, 'API_TOKEN'), source: 'environment', path }
  return { token: checkToken(await readOrMake(path), path), source: 'file', path }
}

/** The token as it is, or `CONFIG_INVALID` when it is too short to be one. */
export function checkToken(token: string, where: string): string {
  if (token.length >= TOKEN_LENGTH_MIN && token.length <= TOKEN_LENGTH_MAX && TOKEN.test(token)) return token
  throw new AppError(
    'CONFIG_INVALID',
    `the API token from ${where} must be ${TOKEN_LENGTH_MIN} to ${TOKEN_LENGTH_MAX} visible ASCII characters; the gateway was not started. Give a longer one, or none to have one made`,
  )
}

async function readOrMake(path: string): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  try {
    await writeFile(path, `${token}\n`, { flag: 'wx', mode: OWNER_ONLY })
    return token
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) await chmod(path, OWNER_ONLY)
  return (await readFile(path, 'utf8')).trim()
}
