const ADDRESS = /^postgres(?:ql)?:\/\//i

/** The address with the password in it, for the thread alone. Whatever is no address, or none that can be read, stays as it is. */
export function withPassword(source: string, password: string | undefined): string {
  const url = addressOf(source)
  if (url === undefined || password === undefined || password === '') return source
  url.password = encodeURIComponent(password)
  return url.href
}

/** For records and screens. */
export function withoutPassword(source: string): string {
  const url = addressOf(source)
  if (url !== undefined) {
    url.password = ''
    url.searchParams.delete('password')
    return url.href
  }
  // An address that cannot be read may still hold one.
  return ADDRESS.test(source) ? source.replace(/^(postgres(?:ql)?:\/\/[^:/@]*):.*@/i, '$1@') : source
}

function addressOf(source: string): URL | undefined {
  return ADDRESS.test(source) ? (URL.parse(source) ?? undefined) : undefined
}
