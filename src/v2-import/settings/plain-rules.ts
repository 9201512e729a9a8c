import { ignored, parked, positiveDecimal, type Rule, type Ruling, type RuleTable, wholeNumber } from './ruling.ts'
import type { Setting } from './setting.ts'

const OPEN_POSITIONS_MAX = 10_000
const MODEL_SIZE_MAX = 1_000_000
const LOG_LEVELS: Readonly<Record<string, string>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  critical: 'error',
}
const CHAT = /^-?\d{1,19}$/

function textOf({ value }: Setting): string {
  return value.kind === 'text' || value.kind === 'number' || value.kind === 'boolean' ? value.text : ''
}

const maxPosition: Rule = (setting) => {
  const amount = positiveDecimal(textOf(setting))
  if (amount === undefined) return parked('A limit must be an amount above 0.')
  if (Number(amount) <= 1) return parked('1 or less is a share of something or an amount: it does not say which.')
  return {
    target: { kind: 'config', path: ['risk', 'max_position_notional'] },
    value: amount,
    reason:
      'The most one position may be worth, in the settle currency. It holds for a new journal; a running one is changed through the limits.',
  }
}

/** Also a percentage in some installations; from 100 on it cannot be one. */
const maxDailyLoss: Rule = (setting) => {
  const amount = positiveDecimal(textOf(setting))
  if (amount === undefined) return parked('A limit must be an amount above 0.')
  if (Number(amount) < 100) return parked('Below 100 this may be an amount, a share or a percentage. Set risk.max_daily_loss by hand.')
  return { target: { kind: 'config', path: ['risk', 'max_daily_loss'] }, value: amount, reason: 'From 100 on it can only be an amount.' }
}

const maxPositions: Rule = (setting) => {
  const count = wholeNumber(textOf(setting), OPEN_POSITIONS_MAX)
  return count === undefined
    ? parked(`It must be a whole number from 1 to ${OPEN_POSITIONS_MAX}.`)
    : {
        target: { kind: 'config', path: ['risk', 'max_open_positions'] },
        value: count,
        reason: 'Positions open at once, over all traders.',
      }
}

const logLevel: Rule = (setting) => {
  const level = LOG_LEVELS[textOf(setting).toLowerCase()]
  return level === undefined
    ? parked('It is no level version 3 has.')
    : { target: { kind: 'config', path: ['log', 'level'] }, value: level, reason: 'The same level.' }
}

/** Of version 2's server only where it runs, and only if version 3 is to use it; never the name of version 2's own database. */
function databaseField(field: 'host' | 'port' | 'user'): Rule {
  return (setting, { usesExternalDatabase }) => {
    if (!usesExternalDatabase) return ignored('Version 3 runs its own database server; this is where version 2 had its own.')
    const text = textOf(setting)
    if (field !== 'port')
      return { target: { kind: 'config', path: ['database', field] }, value: text, reason: 'An external server was asked for.' }
    const port = wholeNumber(text, 65_535)
    return port === undefined
      ? parked('It is no port.')
      : { target: { kind: 'config', path: ['database', 'port'] }, value: port, reason: 'An external server was asked for.' }
  }
}

const allowedChats: Rule = (setting) => {
  const { value } = setting
  return value.kind === 'list' ? value.items.map(({ text }) => allowedChat(text)) : allowedChat(textOf(setting))
}

function allowedChat(text: string): Ruling {
  if (!CHAT.test(text)) return parked('A chat is named by its number. Ask the bot for the number of this one.')
  const who = text.startsWith('-') ? 'A group: everybody in it may give commands.' : 'May give commands.'
  return { target: { kind: 'chat', chat: text }, value: text, reason: who }
}

const notifyChat: Rule = (setting) => {
  const text = textOf(setting)
  return CHAT.test(text)
    ? { target: { kind: 'telegram', field: 'notify_chat' }, value: text, reason: 'Messages go there. That alone allows it no commands.' }
    : parked('A chat is named by its number. Ask the bot for the number of this one.')
}

const notifications: Rule = ({ value }) =>
  value.kind === 'boolean'
    ? { target: { kind: 'telegram', field: 'notifications' }, value: value.text === 'true', reason: 'As it was.' }
    : parked('It says neither yes nor no.')

function modelSize(field: 'features' | 'predictions' | 'lookback'): Rule {
  return (setting) => {
    const size = wholeNumber(textOf(setting), MODEL_SIZE_MAX)
    return size === undefined
      ? parked('It must be a whole number above 0.')
      : { target: { kind: 'model', field }, value: size, reason: 'Compared with the shapes of the checkpoint, which go before.' }
  }
}

const testnet: Rule = ({ value }, { isTestnet }) => {
  if (value.kind !== 'boolean') return parked('It says neither yes nor no.')
  return ignored(
    isTestnet ? 'The keys of this exchange are stored under the account testnet.' : 'The keys are stored under the account main.',
  )
}

const say =
  (ruling: Ruling): Rule =>
  () =>
    ruling

export const plainRules: RuleTable = [
  [/^\.env:pghost$|^config\.yaml:(?:postgres(?:ql)?|database)\.host$/, databaseField('host')],
  [/^\.env:pgport$|^config\.yaml:(?:postgres(?:ql)?|database)\.port$/, databaseField('port')],
  [/^\.env:pguser$|^config\.yaml:(?:postgres(?:ql)?|database)\.user$/, databaseField('user')],
  [
    /^\.env:pgdatabase$|^config\.yaml:(?:postgres(?:ql)?|database)\.(?:dbname|name|database)$/,
    say(ignored("The name of version 2's database. Version 3 never writes into that one; it has its own.")),
  ],
  [/^config\.yaml:max_position_size$/, maxPosition],
  [/^config\.yaml:max_daily_loss$/, maxDailyLoss],
  [/^config\.yaml:(?:max_positions|max_open_positions)$/, maxPositions],
  [/^(?:\.env:log_level|config\.yaml:(?:logging\.level|log_level))$/, logLevel],
  [/^config\.yaml:environment$/, say(ignored('Version 3 has no such word: paper or live is what exchange.kind says.'))],
  [
    /^config\.yaml:exchange$/,
    say(parked('Trading a real account is never switched on by an import. Set exchange.kind and exchange.venue when that is wanted.')),
  ],
  [/^config\.yaml:testnet$/, testnet],
  [
    /^config\.yaml:(?:trading_pairs|symbols)$/,
    say(parked('Each trader has its own symbols. For a live account set exchange.symbols, spelt BTC/USDT:USDT.')),
  ],
  [
    /^config\.yaml:(?:default_sl|default_tp|stop_loss_pct|take_profit_pct)$/,
    say(
      parked('Version 3 has no stop or target for everything: each trader has its own. Whether it is a share or a percentage is not said.'),
    ),
  ],
  [/^config\.yaml:(?:trading\.)?leverage$/, say(parked('Leverage is set at the exchange. The import changes nothing there.'))],
  [
    /^config\.yaml:enhanced_sl_?tp\./,
    say(parked('Version 3 has trailing stops and ladders in the protection of each signal, not as a setting for all.')),
  ],
  [/^config\/telegram\.yaml:(?:telegram\.)?(?:allowed_chats|chat_ids)$/, allowedChats],
  [/^(?:\.env|config\.yaml):(?:notifications\.)?telegram[._]chat_id$/, notifyChat],
  [/^config\.yaml:telegram_notifications$/, notifications],
  [/^ml_config\.json:features$/, modelSize('features')],
  [/^ml_config\.json:predictions$/, modelSize('predictions')],
  [/^ml_config\.json:lookback$/, modelSize('lookback')],
  [
    /^ml_config\.json:(?:model_type|patch_(?:len|length|size)|stride|hidden_dim|d_model|n_heads|n_layers)$/,
    say(ignored('The shapes and the settings in the checkpoint decide this.')),
  ],
]
