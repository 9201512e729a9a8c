import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { AppError } from '#domain/errors.ts'

const HOST = '127.0.0.1'
const LISTEN_STATE = '0A'

/** Tries to listen, so it sees what a server would see. Answers the port that was free; `port` 0 asks for any. */
function tryListen(port: number): Promise<number | 'taken'> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('taken')
      else
        reject(
          new AppError('POSTGRES_START_FAILED', `Port ${port} cannot be used (${error.message}). Choose another one by database.port.`),
        )
    })
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}

/** `port` when it is free, any free one for 0. Throws `PORT_TAKEN` naming the holder where that can be known. */
export async function claimPort(port: number): Promise<number> {
  const answer = await tryListen(port)
  if (answer !== 'taken') return answer
  const holder = await describePortHolder(port)
  throw new AppError(
    'PORT_TAKEN',
    `Port ${port} is taken by ${holder ?? 'another program'}. The database server was not started and nothing was stopped. ` +
      'End that program, or set database.port (0 picks a free port), or point PGHOST and PGPORT to your own Postgres.',
  )
}

/** Who listens on a local TCP port, as `name (pid N): command line`. Linux only, best effort; undefined when it cannot be known. */
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
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim()
  return `${name} (pid ${pid})${command === '' ? '' : `: ${command.slice(0, 120)}`}`
}
