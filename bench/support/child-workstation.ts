import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { performance } from 'node:perf_hooks'

const ROOT = join(import.meta.dirname, '../..')
const BUILT = join(ROOT, 'out/headless/index.js')
const TOKEN = 'bench-token-0123456789'
const READY_DEADLINE_MS = 60_000

export interface ChildWorkstation extends AsyncDisposable {
  readonly url: string
  readonly readyMs: number
  readonly headers: Readonly<Record<string, string>>
  /** Resident memory of the whole process with its threads, bytes. Linux only. */
  rssBytes(): number
}

/** The headless workstation as a process of its own, as a person starts it: from the build when there is one. */
export async function startChild(dataDir: string, args: readonly string[]): Promise<ChildWorkstation> {
  writeFileSync(join(dataDir, 'config.yaml'), 'database:\n  port: 0\n')
  const entry = existsSync(BUILT) ? BUILT : join(ROOT, 'src/headless/index.ts')
  const began = performance.now()
  const child = spawn(process.execPath, [entry, '--data-dir', dataDir, '--port', '0', '--token', TOKEN, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await readyUrl(child)
  return {
    url,
    readyMs: performance.now() - began,
    headers: { authorization: `Bearer ${TOKEN}` },
    rssBytes: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1_024,
    [Symbol.asyncDispose]: () => stop(child),
  }
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the workstation did not become ready')), READY_DEADLINE_MS)
    child.once('exit', (code) => reject(new Error(`the workstation ended with ${code}`)))
    if (child.stdout === null) throw new Error('no stdout')
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as { readonly event: string; readonly url: string }
      if (message.event !== 'ready') return
      clearTimeout(timer)
      resolve(message.url)
    })
  })
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}
