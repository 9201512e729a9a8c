import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { API_PREFIX } from '#contract/stream.ts'
import { AppError } from '#domain/errors.ts'
import { defaultDataDirectory } from '#platform/default-data-directory.ts'

const ANSWER_DEADLINE_MS = 15_000
const API_VERSION = '3.0'

const instance = z.object({ pid: z.number().int(), url: z.url({ protocol: /^https?$/ }) })
const problem = z.object({ code: z.string(), detail: z.string() })

export interface Address {
  readonly url: string
  readonly token: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** Where the workstation answers: as told, else what the running one has written into its data directory. */
export function findWorkstation(
  given: { readonly url?: string | undefined; readonly token?: string | undefined; readonly dataDir?: string | undefined },
  env: Environment,
): Address {
  const dataDir = given.dataDir ?? defaultDataDirectory(env)
  const url = given.url ?? readInstance(dataDir)
  const token = given.token ?? env['API_TOKEN'] ?? readText(join(dataDir, 'api-token'))
  if (token === null)
    throw new AppError(
      'NOT_FOUND',
      `There is no API token in ${dataDir}. Nothing was asked. Give --token, or --data-dir of the running workstation.`,
    )
  return { url: url.replace(/\/+$/, ''), token }
}

function readInstance(dataDir: string): string {
  const text = readText(join(dataDir, 'instance.json'))
  if (text === null)
    throw new AppError('NOT_FOUND', `No workstation runs on ${dataDir}. Nothing was done. Start one, or give --url or another --data-dir.`)
  return instance.parse(JSON.parse(text)).url
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}

/** The workstation said no; `refused` is its safety rule or the wrong token, anything else a failure. */
export class AnsweredNo extends Error {
  readonly refused: boolean
  constructor(status: number, message: string) {
    super(message)
    this.refused = [401, 403, 409, 422].includes(status)
  }
}

export interface Call<T extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: unknown
  readonly output: T
}

/** One call of the REST interface, its answer checked against the contract. */
export async function call<T extends z.ZodType>({ url, token }: Address, { method, path, body, output }: Call<T>): Promise<z.output<T>> {
  const response = await send(`${url}${API_PREFIX}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'x-api-version': API_VERSION,
      'x-client': 'cli',
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return output.parse(answer)
  const said = problem.safeParse(answer)
  throw new AnsweredNo(response.status, said.success ? `${said.data.code}: ${said.data.detail}` : `HTTP ${response.status}`)
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) })
  } catch (error) {
    throw new AppError(
      'DEADLINE_EXCEEDED',
      `No workstation answers at ${url}. It is not known whether anything was done. Look whether it runs, and try again.`,
      { cause: error },
    )
  }
}
