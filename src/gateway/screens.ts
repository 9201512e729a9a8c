import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const YEAR_S = 31_536_000
/** Files whose name carries a hash of their content: they never change. */
const HASHED = /[\\/]assets[\\/][^\\/]+-[\w-]{8}\.\w+$/

/** The built screens at `/`. They hold no secret: the token comes from the address's fragment, which is never sent. */
export async function registerScreens(app: FastifyInstance, rendererDir: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: rendererDir,
    wildcard: true,
    index: 'index.html',
    cacheControl: false,
    dotfiles: 'ignore',
    setHeaders: (reply, path) => {
      void reply.header('cache-control', HASHED.test(path) ? `public, max-age=${YEAR_S}, immutable` : 'no-cache')
    },
  })
}

/** Addresses the screens show themselves are answered with their page. */
export function wantsScreens(request: {
  readonly method: string
  readonly url: string
  readonly headers: { readonly accept?: string | undefined }
}): boolean {
  const path = request.url.split('?', 1)[0] ?? '/'
  return (
    request.method === 'GET' &&
    !/^\/(api|ws|metrics|assets)(\/|$)/.test(path) &&
    !/\.\w+$/.test(path) &&
    request.headers.accept?.includes('text/html') === true
  )
}
