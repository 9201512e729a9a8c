const SIMPLE: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const NUMERIC = /(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y

/** The value of the inside of an E'' string (doubled quotes already made one); undefined where Postgres would refuse it too. */
export function unescapeString(body: string): string | undefined {
  let at = body.indexOf('\\')
  if (at === -1) return body
  let [text, from] = ['', 0]
  // Octal and hexadecimal escapes make bytes, several of which may make one character.
  let bytes: number[] = []
  const flush = (): boolean => {
    if (bytes.length === 0) return true
    const decoded = utf8Text(bytes)
    text += decoded ?? ''
    bytes = []
    return decoded !== undefined
  }
  while (at !== -1) {
    if (at > from && !flush()) return undefined
    text += body.slice(from, at)
    NUMERIC.lastIndex = at + 1
    const [numeric] = NUMERIC.exec(body) ?? []
    if (numeric === undefined) {
      const escaped = body.charAt(at + 1)
      if (escaped === '' || /[xuU]/.test(escaped) || !flush()) return undefined
      text += SIMPLE[escaped] ?? escaped
      from = at + 2
    } else {
      if (/^[uU]/.test(numeric)) {
        const point = Number.parseInt(numeric.slice(1), 16)
        if (point > 0x10ffff || !flush()) return undefined
        text += String.fromCodePoint(point)
      } else bytes.push(numeric.startsWith('x') ? Number.parseInt(numeric.slice(1), 16) : Number.parseInt(numeric, 8) & 0xff)
      from = at + 1 + numeric.length
    }
    at = body.indexOf('\\', from)
  }
  if (!flush()) return undefined
  text += body.slice(from)
  return text.isWellFormed() ? text : undefined
}

function utf8Text(bytes: readonly number[]): string | undefined {
  const buffer = Buffer.from(bytes)
  const text = buffer.toString('utf8')
  return Buffer.from(text, 'utf8').equals(buffer) ? text : undefined
}
