import { readFile } from 'node:fs/promises'
import { extname, isAbsolute, relative, resolve } from 'node:path'
import type { Protocol } from 'electron'

/** The screens come from a scheme of our own: `file:` would give the page powers over the disk. */
const SCHEME = 'app'
export const APP_ORIGIN = `${SCHEME}://workstation`
export const APP_URL = `${APP_ORIGIN}/index.html`

/** As strict as the gateway's; here the page talks over message ports only, so it may connect to nothing but its own files. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.mp3': 'audio/mpeg',
}

/** Must run before Electron is ready. */
export function registerAppScheme(protocol: Protocol): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } }])
}

/** The file behind a URL of ours, or null if the URL is not ours or leads out of the folder. */
export function resolveAppFile(url: string, folder: string): string | null {
  if (!URL.canParse(url)) return null
  const { protocol, host, pathname } = new URL(url)
  if (`${protocol}//${host}` !== APP_ORIGIN) return null
  const path = decode(pathname)
  if (path === null || path.includes('\0') || path.includes('\\')) return null
  const file = resolve(folder, `.${path === '/' ? '/index.html' : path}`)
  const inside = relative(folder, file)
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? null : file
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}

/** Serves the built screens, read-only, under the policy above. */
export function serveApp(protocol: Protocol, folder: string): void {
  protocol.handle(SCHEME, async (request) => {
    const file = request.method === 'GET' ? resolveAppFile(request.url, folder) : null
    const body = file === null ? null : await readFile(file).catch(() => null)
    const headers = {
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-cache',
    }
    if (file === null || body === null) return new Response('not found', { status: 404, headers })
    const contentType = CONTENT_TYPES[extname(file)] ?? 'application/octet-stream'
    return new Response(body, { headers: { ...headers, 'content-type': contentType } })
  })
}
