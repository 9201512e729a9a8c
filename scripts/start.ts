import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { ensureBuilt } from './build.ts'
import { fetchElectron, findElectron, whyNoDisplay } from './electron-runtime.ts'
import { ROOT } from './paths.ts'
import { serve } from './serve.ts'

createRequire(import.meta.url)('./require-node.cjs')

/** A window that dies this soon never opened: a missing library, a forbidden sandbox. */
const EARLY_EXIT_MS = 5_000

/** Opens the desktop window and stays until it is closed. Answers why not, where it could not be opened. */
async function openWindow(args: readonly string[]): Promise<string | null> {
  const noDisplay = whyNoDisplay()
  if (noDisplay !== null) return noDisplay
  const electron = findElectron() ?? (await fetchElectron())
  if (electron === null) return 'the Electron runtime is not installed and could not be fetched'
  const startedAt = performance.now()
  const child = spawn(electron, [ROOT, ...args], { cwd: ROOT, stdio: 'inherit' })
  // The terminal signals the whole group; what is sent to us alone is passed on.
  const passOn = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGINT', () => undefined).on('SIGTERM', passOn)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`Electron did not start (${error.message})`))
    child.once('exit', (code, signal) => {
      process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
      if (code !== 0 && performance.now() - startedAt < EARLY_EXIT_MS) resolve(`Electron ended at once (${signal ?? `exit code ${code}`})`)
      else {
        process.exitCode = code ?? 1
        resolve(null)
      }
    })
  })
}

const args = process.argv.slice(2)
await ensureBuilt()
const whyNot = await openWindow(args)
if (whyNot !== null) {
  const where = args.some((arg) => /^--(port|host)\b/.test(arg)) ? 'at the address below' : 'at http://127.0.0.1:8080'
  process.stderr.write(`No desktop window: ${whyNot}. Running the same workstation headless, screens ${where}\n`)
  await serve(args)
}
