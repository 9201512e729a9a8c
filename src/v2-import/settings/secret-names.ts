const SECRET_NAME =
  /pass(?:word|wd|phrase|code)?$|(?:^|_|-)(?:pwd|pin|dsn|seed|mnemonic|credentials?|cookie|webhook|auth)$|secret|token(?!s)|api_?key|private|(?:^|_|-)key$|(?:^|_|-)webhook/i
/** What is one whatever it is called: an address with a password, a bot token of Telegram, a key of Anthropic or OpenAI, a private key. */
const SECRET_TEXT = /:\/\/[^\s/@]*:[^\s/@]+@|\b\d{6,12}:[\w-]{30,}|\bsk-[\w-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY/
const REFERENCE = /^\$(?:\w+|\{\w+\})$/
const PLACEHOLDER = /^(?:<.*>|your[_\s-].*|change[_-]?me|x{3,}|\*{3,}|replace[_-]?me|none|null)$/i

/** Whether what stands under these names, from the outermost to the innermost, is a secret. */
export function isSecretName(names: readonly string[]): boolean {
  return names.some((name) => SECRET_NAME.test(name.replaceAll(/([a-z])([A-Z])/g, '$1_$2')))
}

export function looksSecret(text: string): boolean {
  return SECRET_TEXT.test(text)
}

/** `$NAME` or `${NAME}`: the name of a variable, not its value. */
export function isReference(text: string): boolean {
  return REFERENCE.test(text.trim())
}

export function isPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text.trim())
}
