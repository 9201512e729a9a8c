import { readdirSync, readFileSync } from 'node:fs'

const SAMPLE_MS = 500
const KIB = 1_024
const TICKS_A_SECOND = 100
const [PARENT, USER_TICKS, SYSTEM_TICKS, DEAD_USER_TICKS, DEAD_SYSTEM_TICKS] = [1, 11, 12, 13, 14]

/** What a Postgres server and its processes take meanwhile (Linux). Memory that is shared is counted once. */
export class ServerLoad implements Disposable {
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  readonly #ticksBefore: number
  #maxBytes = 0

  constructor(pid: number) {
    this.#pid = pid
    this.#ticksBefore = this.#ticks()
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  get memoryMaxBytes(): number {
    return this.#maxBytes
  }

  /** Of the server and all its processes, ended ones too. */
  get cpuSeconds(): number {
    return (this.#ticks() - this.#ticksBefore) / TICKS_A_SECOND
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #ticks(): number {
    let ticks = 0
    for (const { pid, fields } of this.#processes()) {
      ticks += Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])
      if (pid === this.#pid) ticks += Number(fields[DEAD_USER_TICKS]) + Number(fields[DEAD_SYSTEM_TICKS])
    }
    return ticks
  }

  #sample(): void {
    let bytes = 0
    for (const { pid } of this.#processes()) bytes += (Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1]) || 0) * KIB
    this.#maxBytes = Math.max(this.#maxBytes, bytes)
  }

  #processes(): readonly { readonly pid: number; readonly fields: readonly string[] }[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return pids.flatMap((name) => {
      const [pid, stat] = [Number(name), read(`/proc/${name}/stat`)]
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return pid === this.#pid || Number(fields[PARENT]) === this.#pid ? [{ pid, fields }] : []
    })
  }
}

/** Empty if the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
