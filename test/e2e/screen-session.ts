import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Browser, type Page, chromium } from 'playwright'

const ROOT = join(import.meta.dirname, '../..')
export const TOKEN = 'token-of-the-screen-tests-0123456789'
const READY_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 20_000

export interface WorkstationOptions {
  /** A data directory of the caller's, with its configuration; else a fresh one. */
  readonly dataDir?: string
  readonly postgres?: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** The real headless workstation in a process of its own, in demo mode; without Postgres unless it is asked for. */
export class HeadlessWorkstation implements AsyncDisposable {
  readonly #options: WorkstationOptions
  readonly #dataDir: string
  #child: ChildProcess | undefined
  #port = 0
  url = ''

  constructor(options: WorkstationOptions = {}) {
    this.#options = options
    this.#dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'bot-trading-screen-'))
  }

  /** Starts, or starts again with the same data on the same port. */
  async start(): Promise<void> {
    const kept = Object.entries(process.env).filter(([name]) => !/^(PG|NODE_|VITEST|API_TOKEN)/.test(name))
    const env = { ...Object.fromEntries(kept), ...this.#options.env }
    const args = ['src/headless/index.ts', '--data-dir', this.#dataDir, '--port', String(this.#port), '--token', TOKEN]
    if (this.#options.postgres !== true) args.push('--no-postgres')
    const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    let errors = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4_000)
    })
    this.url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`the workstation ${why}: ${errors}`))
      const late = setTimeout(() => fail('was not ready in time'), READY_DEADLINE_MS)
      child.once('exit', (code) => fail(`left with ${code}`))
      if (child.stdout === null) return fail('has no stdout')
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said = JSON.parse(line) as { event: string; url?: string }
        if (said.event !== 'ready' || said.url === undefined) return
        clearTimeout(late)
        resolve(said.url)
      })
    })
    this.#port = Number(new URL(this.url).port)
  }

  /** As when the power goes. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const left = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await left
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const left = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS)
    await left
    clearTimeout(late)
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    if (this.#options.dataDir === undefined) rmSync(this.#dataDir, { recursive: true, force: true })
  }
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}

export interface ScreenOptions {
  readonly width?: number
  readonly height?: number
  /** What a person chose before: theme, language, tab… */
  readonly settings?: Readonly<Record<string, unknown>>
  readonly token?: string | undefined
}

/** A fresh window on the screens. Collects what went wrong in its console. */
export async function openScreen(browser: Browser, url: string, options: ScreenOptions = {}): Promise<{ page: Page; errors: string[] }> {
  const { width = 1_280, height = 720, settings = {}, token = TOKEN } = options
  const context = await browser.newContext({ viewport: { width, height } })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  const kept = JSON.stringify({ state: { language: 'en', ...settings }, version: 1 })
  await page.addInitScript(
    `if (!localStorage['workstation.settings']) localStorage.setItem('workstation.settings', ${JSON.stringify(kept)})`,
  )
  await page.goto(token === '' ? url : `${url}/#token=${token}`)
  return { page, errors }
}
