/** A running hash of all that happened, in order: two runs of one seed must end with the same. Lines are kept only on request. */
export class Trace {
  readonly lines: string[] | undefined
  #high = 0x811c9dc5
  #low = 0x01000193

  constructor(keepsLines: boolean) {
    this.lines = keepsLines ? [] : undefined
  }

  note(time: number, text: string): void {
    this.#add(text)
    this.#low = Math.imul(this.#low ^ (time | 0), 0x85ebca6b)
    this.lines?.push(`${time} ${text}`)
  }

  #add(text: string): void {
    let high = this.#high
    let low = this.#low
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i)
      high = Math.imul(high ^ code, 0x01000193)
      low = Math.imul(low + code, 0x9e3779b1) ^ (high >>> 15)
    }
    this.#high = high
    this.#low = low
  }

  get hash(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0')
  }
}
