/** Where the window may send a person's browser: documentation and the status pages of exchanges. */
const ALLOWED_HOSTS: ReadonlySet<string> = new Set([
  'github.com',
  'www.electronjs.org',
  'www.postgresql.org',
  'www.binance.com',
  'www.bybit.com',
  'www.okx.com',
  'www.bitget.com',
  'www.gate.io',
  'www.kucoin.com',
  'www.htx.com',
])

/** Only https, only known hosts, no user name or odd port: what a link says is what opens. */
export function isAllowedLink(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, username, password, port } = new URL(url)
  return protocol === 'https:' && username === '' && password === '' && port === '' && ALLOWED_HOSTS.has(hostname)
}
