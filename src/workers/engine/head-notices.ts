const INTERVAL_MS = 10

/** Says how far the journal has grown: at once when it was quiet, else at most every 10 ms. */
export class HeadNotices {
  readonly #post: (seq: number) => void
  #posted = 0
  #head = 0
  #timer: NodeJS.Timeout | undefined

  constructor(post: (seq: number) => void) {
    this.#post = post
  }

  notice(seq: number): void {
    this.#head = seq
    if (seq === this.#posted || this.#timer !== undefined) return
    this.#say()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#say()
    }, INTERVAL_MS)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#say()
  }

  #say(): void {
    if (this.#head === this.#posted) return
    this.#posted = this.#head
    this.#post(this.#head)
  }
}
