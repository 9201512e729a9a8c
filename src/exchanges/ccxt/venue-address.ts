import { AppError } from '#domain/errors.ts'

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Where the venue is spoken to. Only an address of this machine is taken: no venue on the internet has passed the
 * certification suite in this build, so an order cannot reach one. Throws `REFUSED`.
 */
export function certifiedAddress(venue: string, baseUrl: string | undefined): string {
  if (baseUrl === undefined) {
    throw new AppError(
      'REFUSED',
      `Trading on ${venue} is not certified in this build: its connector has been proven against a venue on this machine only. Nothing was started and no key was used. Use exchange.kind: paper, or name a loopback venue by exchange.base_url.`,
    )
  }
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  const isPlain = url !== undefined && url.username === '' && url.pathname === '/' && url.search === ''
  if (url === undefined || !isPlain || url.protocol !== 'http:' || !LOOPBACK_HOSTS.has(url.hostname)) {
    throw new AppError(
      'REFUSED',
      `exchange.base_url may only name this machine (http://127.0.0.1:PORT), not ${baseUrl.slice(0, 80)}. Nothing was started and no key was used.`,
    )
  }
  return url.origin
}
