import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const REDACTED = '[secret]'

/** A value that must not be seen: however it is printed, logged, serialised or cloned, it does not appear. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** For the vault alone. */
  reveal(): string {
    return this.#value
  }

  equals(other: Secret): boolean {
    const [mine, its] = [Buffer.from(this.#value), Buffer.from(other.#value)]
    return mine.length === its.length && timingSafeEqual(mine, its)
  }

  /** Whether a text would give it away. */
  isIn(text: string): boolean {
    return text.includes(this.#value)
  }

  get length(): number {
    return this.#value.length
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
