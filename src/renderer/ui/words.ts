/** Looks each word up once: a table of ten thousand rows asks for the same ten words. */
export function rememberWords<K extends string>(write: (key: K) => string): (key: K) => string {
  const known = new Map<K, string>()
  return (key) => {
    const word = known.get(key) ?? write(key)
    known.set(key, word)
    return word
  }
}
