import { ignored, parked, type Rule, type RuleContext, type RuleTable } from './ruling.ts'
import { isPlaceholder } from './secret-names.ts'

/** Names that version 2 and its libraries have for the exchanges, and the name version 3 has. */
const VENUES: Readonly<Record<string, string>> = {
  bybit: 'bybit',
  binance: 'binance',
  okx: 'okx',
  okex: 'okx',
  kucoin: 'kucoin',
  htx: 'htx',
  huobi: 'htx',
  bitget: 'bitget',
  gate: 'gate',
  gateio: 'gate',
}
const VENUE = `(${Object.keys(VENUES).join('|')})`
const PART = '(?:api_?)?(key|secret|passphrase|password)'

/** The vault takes no longer ones. */
const LENGTH_MAX = 16_384

function partOf(word: string): 'key' | 'secret' | 'passphrase' {
  return word === 'key' || word === 'secret' ? word : 'passphrase'
}

function accountOf(context: RuleContext, venue: string, isNamedTestnet: boolean): string {
  return isNamedTestnet || (context.isTestnet && context.venue === venue) ? 'testnet' : 'main'
}

/** A rule that puts a secret into the vault under the name it is given. */
function intoVault(nameOf: (context: RuleContext, parts: readonly string[]) => string, reason: string): Rule {
  return ({ value }, context, parts) => {
    if (value.kind !== 'secret') return parked('This does not look like a secret. Store it by hand if it is one.')
    const { secret } = value
    if (secret.length > LENGTH_MAX) return parked(`It has more than ${LENGTH_MAX} characters, more than a secret may have.`)
    if (isPlaceholder(secret.reveal())) return parked('A placeholder stands here, no secret.')
    return { target: { kind: 'vault', name: nameOf(context, parts) }, value: secret, reason }
  }
}

const exchangeKey = intoVault((context, [venueWord = '', testnet = '', part = '']) => {
  const venue = VENUES[venueWord] ?? venueWord
  return `${venue}.${accountOf(context, venue, testnet !== '')}.${partOf(part)}`
}, 'A key of an exchange. It is in the vault only.')

const keyWithoutVenue: Rule = (_setting, { venue }) =>
  parked(
    venue === undefined
      ? 'It does not say of which exchange it is. Store it by hand.'
      : `It does not say of which exchange it is, though config.yaml names ${venue}. Store it by hand if it is that one.`,
  )

const databasePassword: Rule = (setting, context, parts) =>
  context.usesExternalDatabase
    ? intoVault(() => 'database.password', 'The password of the database server. The workstation takes it from PGPASSWORD.')(
        setting,
        context,
        parts,
      )
    : ignored(
        "The password of version 2's own database: version 3 runs its own server. An import from the running database needs it in PGPASSWORD.",
      )

export const credentialRules: RuleTable = [
  [new RegExp(`^(?:\\.env|config\\.yaml):${VENUE}_(testnet_)?${PART}$`), exchangeKey],
  [new RegExp(`^config\\.yaml:(?:exchanges?\\.)?${VENUE}\\.(testnet\\.)?${PART}$`), exchangeKey],
  [/^(?:\.env|config\.yaml):(?:exchange[._])?(?:api_?)(?:key|secret|passphrase)$/, keyWithoutVenue],
  [
    /^(?:\.env|config\.yaml):(?:claude|anthropic)[._]api_key$/,
    intoVault(() => 'anthropic.main.key', 'The key of the AI agents. It is in the vault only.'),
  ],
  [
    /^(?:\.env|config\.yaml):(?:notifications\.)?(?:telegram[._])?(?:bot_)?token$|^config\/telegram\.yaml:(?:telegram\.)?(?:bot_)?token$|^(?:\.env|config\.yaml):(?:notifications\.)?telegram\.bot_token$/,
    intoVault(() => 'telegram.bot.token', 'The token of the Telegram bot. It is in the vault only.'),
  ],
  [/^\.env:pgpassword$|^config\.yaml:(?:postgres(?:ql)?|database)\.(?:password|pass)$/, databasePassword],
]
