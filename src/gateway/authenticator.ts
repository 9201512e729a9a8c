import { createHash, timingSafeEqual } from 'node:crypto'

/** `none`: no token was shown; `wrong`: one was, and it is not ours. */
export type Authentication = 'none' | 'wrong' | 'ok'

/** Compares tokens by their hashes in constant time; the token itself is not kept. */
export class Authenticator {
  readonly #expected: Buffer

  constructor(token: string) {
    this.#expected = hash(token)
  }

  matches(token: string): boolean {
    return timingSafeEqual(hash(token), this.#expected)
  }

  /** Reads an `Authorization` header. */
  check(header: string | undefined): Authentication {
    if (header === undefined) return 'none'
    const [, token] = /^Bearer +(\S+) *$/i.exec(header) ?? []
    return token !== undefined && this.matches(token) ? 'ok' : 'wrong'
  }
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
