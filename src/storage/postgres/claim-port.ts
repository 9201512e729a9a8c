import { createServer } from 'node:net'
import { AppError } from '#domain/errors.ts'
import { describePortHolder } from '#platform/port-holder.ts'

const HOST = '127.0.0.1'

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
