import { readdir, readFile, readlink } from 'node:fs/promises'

const LISTEN_STATE = '0A'

/** Who listens on a TCP port, in words, if this system and our rights let us see it. Looks only; it never touches them. */
export async function describePortHolder(port: number): Promise<string | undefined> {
  try {
    const inodes = await listeningInodes(port)
    if (inodes.size === 0) return undefined
    for (const pid of await readdir('/proc')) {
      if (/^\d+$/.test(pid) && (await holdsOne(pid, inodes)))
        return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (process ${pid})`
    }
    return 'a process of another user'
  } catch {
    return undefined
  }
}

async function listeningInodes(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')))
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
  return new Set(rows.filter((row) => row[1]?.endsWith(suffix) === true && row[3] === LISTEN_STATE).flatMap((row) => row[9] ?? []))
}

async function holdsOne(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    if (inode !== undefined && inodes.has(inode)) return true
  }
  return false
}
