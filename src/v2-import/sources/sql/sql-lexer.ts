type State = 'code' | 'quote' | 'escape-quote' | 'name' | 'line-comment' | 'comment' | 'dollar-tag' | 'dollar'

const [QUOTE, NAME_QUOTE, DOLLAR, MINUS, SLASH, STAR, BACKSLASH, LINE_FEED] = [0x27, 0x22, 0x24, 0x2d, 0x2f, 0x2a, 0x5c, 0x0a]
const TAG_LENGTH_MAX = 64

export function isWordByte(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || byte >= 0x80
}

/** Tells, byte by byte, what of a SQL text is code and what stands in quotes, dollar quotes and comments, as psql sees it. */
export class SqlLexer {
  /** Plain strings know backslash escapes (standard_conforming_strings is off). */
  backslashStrings = false
  #state: State = 'code'
  #previous = 0
  #beforePrevious = 0
  #closedEscape = false
  #commentDepth = 0
  #tag = ''
  #tagMatched = 0

  get inCode(): boolean {
    return this.#state === 'code'
  }

  get inLineComment(): boolean {
    return this.#state === 'line-comment'
  }

  /** Inside a string or a quoted name. */
  get inQuotes(): boolean {
    return this.#state === 'quote' || this.#state === 'escape-quote' || this.#state === 'name'
  }

  /** Outside code: where the next byte that may matter stands; bytes before it need no `step`. */
  skip(chunk: Buffer, at: number): number {
    const end = this.#state === 'line-comment' ? LINE_FEED : this.#state === 'name' ? NAME_QUOTE : QUOTE
    if (this.#state !== 'quote' && this.#state !== 'name' && this.#state !== 'line-comment') return at
    const next = chunk.indexOf(end, at)
    return next === -1 ? chunk.length : next
  }

  /** Bytes of code were passed over that cannot begin a quote or comment; the last of them is `byte`. */
  passed(byte: number): void {
    this.#beforePrevious = 0
    this.#previous = byte
    this.#closedEscape = false
  }

  /** Takes one byte. True if it is code. A byte that opens a quote is not. */
  step(byte: number): boolean {
    switch (this.#state) {
      case 'code':
        return this.#code(byte)
      case 'quote':
      case 'name':
        if (byte === (this.#state === 'name' ? NAME_QUOTE : QUOTE)) this.#leave(false)
        return false
      case 'escape-quote':
        if (this.#previous === BACKSLASH) this.#previous = 0
        else if (byte === QUOTE) this.#leave(true)
        else this.#previous = byte
        return false
      case 'line-comment':
        if (byte === LINE_FEED) this.#leave(false)
        return false
      case 'comment':
        this.#comment(byte)
        return false
      case 'dollar-tag':
        return this.#dollarTag(byte)
      case 'dollar':
        this.#tagMatched = byte === this.#tag.charCodeAt(this.#tagMatched) ? this.#tagMatched + 1 : byte === DOLLAR ? 1 : 0
        if (this.#tagMatched === this.#tag.length) this.#leave(false)
        return false
    }
  }

  #enter(state: State): false {
    this.#state = state
    this.#previous = 0
    return false
  }

  #leave(closedEscape: boolean): void {
    this.#state = 'code'
    this.#previous = 0
    this.#beforePrevious = 0
    this.#closedEscape = closedEscape
  }

  #code(byte: number): boolean {
    const [previous, goesOn] = [this.#previous, this.#closedEscape]
    this.#closedEscape = false
    if (byte === QUOTE) {
      const prefixed = (previous === 0x45 || previous === 0x65) && !isWordByte(this.#beforePrevious)
      return this.#enter(prefixed || goesOn || this.backslashStrings ? 'escape-quote' : 'quote')
    }
    if (byte === NAME_QUOTE) return this.#enter('name')
    if (byte === MINUS && previous === MINUS) return this.#enter('line-comment')
    if (byte === STAR && previous === SLASH) {
      this.#commentDepth = 1
      return this.#enter('comment')
    }
    if (byte === DOLLAR && !isWordByte(previous) && previous !== DOLLAR) {
      this.#tag = '$'
      return this.#enter('dollar-tag')
    }
    this.#beforePrevious = previous
    this.#previous = byte
    return true
  }

  #comment(byte: number): void {
    const previous = this.#previous
    this.#previous = byte
    if (previous === SLASH && byte === STAR) this.#commentDepth += 1
    else if (previous === STAR && byte === SLASH) this.#commentDepth -= 1
    else return
    this.#previous = 0
    if (this.#commentDepth === 0) this.#leave(false)
  }

  #dollarTag(byte: number): boolean {
    const digitFirst = this.#tag.length === 1 && byte >= 0x30 && byte <= 0x39
    if (byte === DOLLAR) {
      this.#tag += '$'
      this.#tagMatched = 0
      return this.#enter('dollar')
    }
    if (isWordByte(byte) && !digitFirst && this.#tag.length < TAG_LENGTH_MAX) {
      this.#tag += String.fromCharCode(byte)
      return false
    }
    // Not a quote after all: `$1` or a lone dollar.
    this.#leave(false)
    this.#previous = DOLLAR
    return this.#code(byte)
  }
}
