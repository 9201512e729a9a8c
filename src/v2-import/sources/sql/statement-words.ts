const WORD_LENGTH_MAX = 16
const WORDS_OF_KIND = 4
const ROUTINES: ReadonlySet<string | undefined> = new Set(['function', 'procedure'])

/** The words of a statement as far as the cutting needs them: its kind, the word before a bracket, the depth of a routine's body. */
export class StatementWords {
  #word = ''
  #words: string[] = []
  #last = ''
  #bodyDepth = 0
  #isRoutine = false
  #wanted = true

  /** No word has been seen yet. */
  get none(): boolean {
    return this.#words.length === 0 && this.#word === ''
  }

  /** Inside the BEGIN … END of a routine, where a semicolon does not end the statement. */
  get inBody(): boolean {
    return this.#bodyDepth > 0
  }

  /** The last word was the VALUES of an INSERT. */
  get beforeRows(): boolean {
    return this.#last === 'values' && this.#words[0] === 'insert'
  }

  /** No further word of this statement matters. */
  get satisfied(): boolean {
    return !this.#wanted
  }

  /** The rows of an INSERT begin. */
  rowsBegin(): void {
    this.reset()
    this.#words = ['insert']
    this.#wanted = false
  }

  add(byte: number): void {
    if (this.#wanted && this.#word.length < WORD_LENGTH_MAX) this.#word += String.fromCharCode(byte)
  }

  /** A byte that is no part of a word follows. */
  end(): void {
    if (this.#word === '') return
    const word = this.#word.toLowerCase()
    this.#word = ''
    this.#last = word
    if (this.#words.length < WORDS_OF_KIND) {
      this.#words.push(word)
      const [first, second, third, fourth] = this.#words
      this.#isRoutine = first === 'create' && (ROUTINES.has(second) || (second === 'or' && third === 'replace' && ROUTINES.has(fourth)))
      this.#wanted = this.#words.length < WORDS_OF_KIND || this.#isRoutine || first === 'insert'
    }
    if (!this.#isRoutine) return
    if (word === 'begin' || (word === 'case' && this.#bodyDepth > 0)) this.#bodyDepth += 1
    else if (word === 'end' && this.#bodyDepth > 0) this.#bodyDepth -= 1
  }

  /** A byte outside of code follows; a quoted name or string stands in the place of a word. */
  hidden(quoted: boolean): void {
    this.end()
    if (quoted) this.#last = ''
  }

  reset(): void {
    this.#word = ''
    this.#words = []
    this.#last = ''
    this.#bodyDepth = 0
    this.#isRoutine = false
    this.#wanted = true
  }
}
