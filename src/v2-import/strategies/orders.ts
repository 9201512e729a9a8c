import { fieldOf, lastWord, parts, stringOf, walk } from './python-node.ts'
import type { PyNode } from './python-node.ts'
import type { CallArguments } from './indicator-calls.ts'
import { quote, SIGNAL } from './value.ts'
import { LEVEL, Untranslatable } from './scope.ts'
import type { Expression, Scope } from './scope.ts'

export const SIZING_REASON =
  "how much to trade is the trader's orderNotional in v3 (v2 does not say whether its amounts are of the base or the quote currency); set it when you make the trader"

const ORDER_WORDS = /^(place|execute|create|submit|send)(_(market|limit))?_order$/
const CLOSE_WORDS = /^close(_open)?_(position|order|trade)s?$/
const SYMBOL_ARGUMENT = /^(symbol|pair)$/
const SIDE_ARGUMENT = /^(side|action|direction)$/
const SIZE_ARGUMENT = /^(amount|quantity|qty|size|volume|position_size|value)$/
const TYPE_ARGUMENT = /^(type|order_type)$/
/** Keys of a returned dict that say nothing about what to trade. */
const WORDS_KEYS =
  /^(reason|message|strategy|strategy_name|name|timestamp|time|price|entry_price|current_price|indicators|confidence|strength|score|metadata|info)$/

/** Calls that only ask how much there is to trade with. */
const SIZING_CALLS =
  /^(get_balance|fetch_balance|get_free_balance|get_available_balance|get_account_balance|get_equity|get_position_size|calculate_position_size|min|max|abs|round|float|int|sum|len|get)$/

export function isOrderCall(node: PyNode): boolean {
  const target = node.type === 'call' ? fieldOf(node, 'function') : undefined
  return target !== undefined && (ORDER_WORDS.test(lastWord(target)) || CLOSE_WORDS.test(lastWord(target)))
}

/** What a call must not be in a v3 strategy, and what to do instead. */
export function forbiddenCall(node: PyNode): string | undefined {
  const target = fieldOf(node, 'function')
  const [word, text] = target === undefined ? ['', ''] : [lastWord(target), target.text]
  if (isOrderCall(node)) return 'a v3 strategy places no orders: return a signal from analyze instead'
  if (/balance|equity|position_size/.test(word)) return `a v3 strategy sees no balance: ${SIZING_REASON}`
  if (/^(get|fetch|load)_(open_)?positions?$/.test(word))
    return 'the position is handed over: use position.quantity and position.averagePrice of analyze'
  if (/^(get|fetch|load)_(ohlcv|klines?|candles|ticker|price|data|historical_data)$/.test(word))
    return 'candles are handed over: use candles of analyze, and a longer warmup for more of them'
  if (word === 'predict' || word === 'predict_proba')
    return 'ask the model with `await predict(input)` of analyze, and check what it answers'
  if (/^(requests|urllib|aiohttp|httpx|socket|websocket|ccxt)\b/.test(text))
    return 'a v3 strategy has no network: what it needs must come with the candles or the params'
  if (/^(open|os|sys|shutil|pathlib|subprocess|pickle|joblib|exec|eval|compile|__import__|importlib|sqlite3|psycopg2)\b/.test(text))
    return 'a v3 strategy has no files, processes or database: turn what it read into params'
  if (/^(time|datetime|random)\b|^np\.random\b/.test(text)) return 'a v3 strategy decides by clock.now() only, and by no chance'
  return undefined
}

/** The nodes of an order call that say how much; they are left out. */
export function sizeNodes(call: PyNode): PyNode[] {
  const list = fieldOf(call, 'arguments')
  if (list === undefined || !isOrderCall(call) || CLOSE_WORDS.test(lastWord(fieldOf(call, 'function') ?? call))) return []
  const placed = parts(list).filter(({ type }) => type !== 'keyword_argument')
  const named = parts(list).filter((node) => node.type === 'keyword_argument' && SIZE_ARGUMENT.test(fieldOf(node, 'name')?.text ?? ''))
  return [...placed.slice(2, 3), ...named]
}

/** Signals of an order call that is returned, or stands alone. */
export function orderCall(call: CallArguments, scope: Scope, translate: (node: PyNode) => Expression): Expression {
  const target = fieldOf(call.node, 'function')
  const isClose = target !== undefined && CLOSE_WORDS.test(lastWord(target))
  const named = (pattern: RegExp) => [...call.named].find(([key]) => pattern.test(key))?.[1]
  const [symbol = named(SYMBOL_ARGUMENT), side = named(SIDE_ARGUMENT), size = named(SIZE_ARGUMENT), ...more] = call.placed
  const known = isClose ? [SYMBOL_ARGUMENT] : [SYMBOL_ARGUMENT, SIDE_ARGUMENT, SIZE_ARGUMENT, TYPE_ARGUMENT]
  const unknown = [...call.named].find(([key, value]) => !known.some((pattern) => pattern.test(key)) || isOtherType(key, value))
  if (unknown !== undefined)
    throw new Untranslatable(
      call.node,
      `the order's ${unknown[0]} is not translated: give stopLoss and takeProfit of the signal as prices; v3 signals trade at the market`,
    )
  if (more.length > 0 || (isClose && call.placed.length > 1))
    throw new Untranslatable(call.node, 'the order has more arguments than symbol, side and amount')
  if (symbol !== undefined && translate(symbol).value.kind !== 'symbol')
    throw new Untranslatable(symbol, 'the order is not known to be for the symbol of the candles: a v3 strategy answers for that one alone')
  if (isClose) return signals("'close'", call.node, scope)
  if (side === undefined) throw new Untranslatable(call.node, 'the order names no side')
  if (size !== undefined) dropSize(size, scope)
  return sideSignals(side, scope, translate)
}

function isOtherType(key: string, value: PyNode): boolean {
  return TYPE_ARGUMENT.test(key) && stringOf(value)?.toLowerCase() !== 'market'
}

/** Signals for a word such as "buy", or for text that will be such a word. */
export function sideSignals(side: PyNode, scope: Scope, translate: (node: PyNode) => Expression): Expression {
  const word = stringOf(side)
  const action = word === undefined ? undefined : ACTIONS[word.toLowerCase()]
  if (word !== undefined && action === undefined) throw new Untranslatable(side, `what v2 does on ${word.slice(0, 40)} is not known`)
  if (action === '') return { code: '[]', value: SIGNAL, level: LEVEL.atom }
  if (action !== undefined) return signals(quote(action), side, scope)
  const expression = translate(side)
  const kind = expression.value.kind === 'optional' ? expression.value.of.kind : expression.value.kind
  if (kind !== 'text') throw new Untranslatable(side, 'the side is not known to be text')
  return signals(expression.code, side, scope)
}

const ACTIONS: Readonly<Record<string, string>> = Object.assign(Object.create(null) as Record<string, string>, {
  buy: 'buy',
  long: 'buy',
  sell: 'sell',
  short: 'sell',
  close: 'close',
  exit: 'close',
  hold: '',
  none: '',
  wait: '',
  neutral: '',
})

/** A returned `{"action": "buy", …}`. */
export function dictSignals(node: PyNode, scope: Scope, translate: (node: PyNode) => Expression): Expression | undefined {
  if (node.type !== 'dictionary') return undefined
  const pairs = parts(node).map((pair) => [stringOf(fieldOf(pair, 'key')) ?? '', fieldOf(pair, 'value')] as const)
  const side = pairs.find(([key]) => /^(action|side|signal|direction)$/.test(key))
  if (side?.[1] === undefined) return undefined
  for (const [key, value] of pairs) {
    if (value === undefined) throw new Untranslatable(node, 'the dict has parts that are no pairs')
    if (key === side[0]) continue
    if (SIZE_ARGUMENT.test(key)) dropSize(value, scope)
    else if (WORDS_KEYS.test(key)) scope.use.dropped.set(value, `${key} is not part of the decision; v3 records its own`)
    else if (!(SYMBOL_ARGUMENT.test(key) && translate(value).value.kind === 'symbol'))
      throw new Untranslatable(value, `the signal's ${key || 'key'} is not translated: give stopLoss and takeProfit as prices`)
    if (walk(value).some((inner) => inner.type === 'call' && !isHarmless(inner)))
      throw new Untranslatable(value, `the signal's ${key} calls something`)
  }
  return sideSignals(side[1], scope, translate)
}

function dropSize(size: PyNode, scope: Scope): void {
  if (!isSizing(size)) throw new Untranslatable(size, 'the amount is computed by something that is not known to only ask')
  scope.use.dropped.set(size, SIZING_REASON)
}

/** Whether all calls in it only ask for amounts. */
export function isSizing(node: PyNode): boolean {
  return walk(node).every((inner) => inner.type !== 'call' || isHarmless(inner))
}

function isHarmless(call: PyNode): boolean {
  const target = fieldOf(call, 'function')
  return target !== undefined && SIZING_CALLS.test(lastWord(target))
}

function signals(side: string, node: PyNode, scope: Scope): Expression {
  scope.use.runtime.add('signalsFor')
  for (const name of ['position', 'candles', 'params']) scope.use.context.add(name)
  return { code: `signalsFor(${side}, context, ${node.line})`, value: SIGNAL, level: LEVEL.atom }
}
