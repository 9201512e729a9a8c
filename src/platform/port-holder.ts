import { readdir, readFile, readlink } from 'node:fs/promises'

const LISTEN_STATE = '0A'

/** Who listens on a local TCP port, as `name (pid N): program and first argument`. Linux only, best effort; undefined when it cannot be known. */
export async function describePortHolder(port: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  const sockets = await listeningSockets(port)
  if (sockets.size === 0) return undefined
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    const handles = await readdir(`/proc/${pid}/fd`).catch(() => [])
    for (const handle of handles) {
      const target = await readlink(`/proc/${pid}/fd/${handle}`).catch(() => '')
      if (sockets.has(target)) return describeProcess(pid)
    }
  }
  return undefined
}

async function listeningSockets(port: number): Promise<ReadonlySet<string>> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const found = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1)
    for (const line of lines) {
      const fields = line.trim().split(/\s+/)
      if (fields[1]?.endsWith(`:${wanted}`) === true && fields[3] === LISTEN_STATE) found.add(`socket:[${fields[9]}]`)
    }
  }
  return found
}

async function describeProcess(pid: string): Promise<string> {
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a program')).trim()
  // Not the whole command line: a token may stand on it, and this goes into messages and logs.
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').slice(0, 2).join(' ').trim()
  return `${name} (pid ${pid})${command === '' ? '' : `: ${command.slice(0, 120)}`}`
}
