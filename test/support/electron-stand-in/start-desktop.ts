import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CommandInput, CommandName, Commands, DesktopState, Reply, Request, Told } from './control-protocol.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const REGISTER = new URL('./register.ts', import.meta.url).href
const COMMAND_DEADLINE_MS = 20_000
const EXIT_DEADLINE_MS = 30_000
const POLL_MS = 50

export interface DesktopOptions {
  readonly dataDir: string
  readonly args?: readonly string[]
  /** Accelerators another program holds already. */
  readonly takenShortcuts?: readonly string[]
}

/** The built desktop program in a process of its own, in plain Node over the stand-in. Not Electron. */
export class StandInDesktop implements AsyncDisposable {
  readonly told = new EventEmitter()
  readonly #child: ChildProcess
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #past: Told[] = []
  readonly exited: Promise<number>
  #nextId = 1
  /** What it wrote to stdout and stderr. */
  output = ''

  constructor(options: DesktopOptions) {
    this.#child = spawn(
      process.execPath,
      ['--import', REGISTER, join(ROOT, 'out/main/index.js'), '--data-dir', options.dataDir, ...(options.args ?? [])],
      {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: { ...process.env, STAND_IN_TAKEN_SHORTCUTS: (options.takenShortcuts ?? []).join(','), npm_package_version: '3.0.0' },
      },
    )
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')))
    this.#child.on('message', (message: Reply | Told) => this.#receive(message))
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        for (const pending of this.#pending.values()) pending.reject(new Error(`the desktop program ended (${code}): ${this.output}`))
        resolve(code ?? 1)
      })
    })
  }

  /** Everything told so far and from now on, in order. */
  follow(listener: (told: Told) => void): void {
    for (const told of this.#past) listener(told)
    this.told.on('told', listener)
  }

  call<K extends CommandName>(
    command: K,
    ...[input]: CommandInput<K> extends undefined ? [] : [CommandInput<K>]
  ): Promise<ReturnType<Commands[K]>> {
    const id = this.#nextId++
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(id, pending)
    const late = setTimeout(() => pending.reject(new Error(`${command} was not answered: ${this.output}`)), COMMAND_DEADLINE_MS)
    const clean = () => {
      clearTimeout(late)
      this.#pending.delete(id)
    }
    pending.promise.then(clean, clean)
    this.#child.send({ id, command, input } satisfies Request, (error) => {
      if (error !== null) pending.reject(error)
    })
    return pending.promise as Promise<ReturnType<Commands[K]>>
  }

  /** Polls until the state is as wanted; fails with the last state otherwise. */
  async until(what: string, wanted: (state: DesktopState) => boolean, deadlineMs = 20_000): Promise<DesktopState> {
    const deadline = performance.now() + deadlineMs
    for (;;) {
      const state = await this.call('state')
      if (wanted(state)) return state
      if (performance.now() > deadline) throw new Error(`not seen: ${what}. ${JSON.stringify(state)}\n${this.output}`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_DEADLINE_MS)
    this.#child.kill('SIGTERM')
    await this.exited
    clearTimeout(kill)
  }

  #receive(message: Reply | Told): void {
    if ('told' in message) {
      this.#past.push(message)
      this.told.emit('told', message)
      return
    }
    const pending = this.#pending.get(message.id)
    if (message.ok) pending?.resolve(message.value)
    else pending?.reject(new Error(message.message))
  }
}
