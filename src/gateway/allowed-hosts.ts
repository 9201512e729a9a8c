import { networkInterfaces } from 'node:os'

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']
const HTTP_PORT = 80

/**
 * Host headers the gateway answers for. A page elsewhere that points its own name at this machine (DNS rebinding) sends
 * that name, which is not among them. Addresses are added only when the gateway was told to listen on them.
 */
export function allowedHosts(listenHost: string, port: number): ReadonlySet<string> {
  const hosts = [...LOOPBACK, ...listenAddresses(listenHost)]
  return new Set(hosts.flatMap((host) => (port === HTTP_PORT ? [host, `${host}:${port}`] : [`${host}:${port}`])))
}

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address)
}

function listenAddresses(listenHost: string): string[] {
  if (listenHost !== '0.0.0.0' && listenHost !== '::') return [bracketed(listenHost)]
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map((entry) => bracketed(entry.address)))
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
