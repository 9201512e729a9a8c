/**
 * Rows of a worn version 2 installation at any size, as lines of COPY. Each row is made from its number alone, so that nothing is held
 * in memory and the same size gives the same file. Spellings, empty cells and links between tables are those of a real one.
 */
export interface GeneratedTable {
  readonly name: string
  readonly columns: readonly (readonly [name: string, type: string])[]
  readonly primaryKey: string | undefined
  readonly rows: number
  /** The line of COPY of a row, from 1, without its line end. */
  readonly line: (number: number) => string
}

const SYMBOLS = [
  ['BTC', 62_000, 2],
  ['ETH', 3_300, 2],
  ['SOL', 150, 3],
  ['XRP', 0.53, 4],
  ['DOGE', 0.14, 5],
  ['1000PEPE', 0.011, 7],
  ['BNB', 575, 2],
] as const
const QUANTITIES = ['3', '4', '6', '12', '0.004', '0.001', '40000', '0.07', '15000', '240', '1.5', '0.02', '480', '0.003']
const NULL = String.raw`\N`
const FIRST_MS = Date.UTC(2024, 2, 1)
const TRADE_EVERY_MS = 90_000
const COMMENTS = [String.raw`quote \\" and ' and \\\\ backslash`, '', 'tp hit; сработал', 'ok']

/** A number below `below` that follows from the row and the purpose alone. */
function pick(row: number, purpose: number, below: number): number {
  let mixed = Math.imul(row ^ Math.imul(purpose, 0x9e3779b1), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 13)) >>> 0) % below
}

const share = (row: number, purpose: number): number => pick(row, purpose, 1_000_003) / 1_000_003
const one = <T>(row: number, purpose: number, of: readonly [T, ...T[]] | readonly T[]): T => of[pick(row, purpose, of.length)] as T
const hex = (row: number, purpose: number): string =>
  pick(row, purpose, 2 ** 32)
    .toString(16)
    .padStart(8, '0') + row.toString(16).padStart(8, '0')

function symbolOf(row: number): string {
  const [base] = one(row, 1, SYMBOLS)
  const spelling = pick(row, 2, 10)
  if (spelling === 0) return `${base.toLowerCase()}usdt`
  return spelling === 1 ? `${base}/USDT` : `${base}USDT`
}

function priceOf(row: number, purpose: number): string {
  const [, price, digits] = one(row, 1, SYMBOLS)
  return (price * (0.95 + share(row, purpose) / 10)).toFixed(digits).padEnd(10, '0')
}

const sideOf = (row: number): string =>
  one(row, 3, ['Sell', 'Buy', 'Sell', 'Buy', 'Buy', 'Sell', 'SELL', 'buy', 'sell', 'long', 'short', 'BUY'])
const quantityOf = (row: number): string => {
  const [whole = '', fraction = ''] = one(row, 4, QUANTITIES).split('.')
  return `${whole}.${fraction.padEnd(8, '0')}`
}
const momentOf = (row: number, purpose: number): number => FIRST_MS + row * TRADE_EVERY_MS + pick(row, purpose, 60_000)

/** As `timestamp without time zone` shows it. */
function stamp(ms: number, row: number): string {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${String(pick(row, 5, 999_999) + 1)
    .padStart(6, '0')
    .replace(/0+$/, '')}`
}

/** As scripts of version 2 wrote times into text columns, in every way they did. */
function looseTime(ms: number, row: number): string {
  const [plain, way] = [stamp(ms, row), pick(row, 6, 7)]
  if (way === 0) return plain.slice(0, 19)
  if (way === 1) return plain
  const iso = plain.replace(' ', 'T')
  if (way === 2) return `${iso}Z`
  if (way === 3) return `${iso}+00:00`
  if (way === 4) return `${stamp(ms + 10_800_000, row).replace(' ', 'T')}+03:00`
  return iso
}

const note = (row: number): string => (pick(row, 7, 2) === 0 ? 'модель' : String.raw`\\u043c\\u043e\\u0434\\u0435\\u043b\\u044c`)
const predictions = (row: number): string =>
  `{"buy_profit": ${share(row, 8).toFixed(4)}, "buy_loss": ${share(row, 9).toFixed(4)}, "features": 240, "note": "${note(row)}"}`

/** Status and whether it is closed. */
function tradeStatus(row: number): readonly [status: string, isClosed: boolean] {
  const at = pick(row, 10, 1_000)
  if (at < 882) return [at < 42 ? 'close' : at < 80 ? 'closed' : 'CLOSE', true]
  if (at < 922) return [at < 886 ? 'open' : 'OPEN', false]
  if (at < 941) return ['PARTIAL', false]
  return [at < 985 ? 'CANCELED' : 'REJECTED', false]
}

function tradeLine(row: number): string {
  const [status, isClosed] = tradeStatus(row)
  const opened = momentOf(row, 11)
  const prices = [priceOf(row, 12), isClosed ? priceOf(row, 13) : NULL]
  const confidence = pick(row, 14, 2) === 0 ? share(row, 15) : share(row, 15) * 100
  const comment = pick(row, 16, 10) < 3 ? `{"source": "v2", "comment": "${one(row, 17, COMMENTS)}"}` : NULL
  return [
    row,
    `T${String(row).padStart(8, '0')}`,
    symbolOf(row),
    pick(row, 18, 70) === 0 ? NULL : hex(row, 101),
    isClosed && pick(row, 19, 60) !== 0 ? hex(row, 102) : NULL,
    // Now and then one that nobody can read.
    pick(row, 20, 20_000) === 0 ? 'sideways' : sideOf(row),
    status,
    ...prices,
    quantityOf(row),
    one(row, 21, ['5', '10', '3', '1']),
    pick(row, 22, 10) < 4 ? NULL : priceOf(row, 23),
    pick(row, 24, 10) < 2 ? NULL : priceOf(row, 25),
    isClosed ? (share(row, 26) * 40 - 20).toFixed(8) : NULL,
    looseTime(opened, row),
    isClosed ? looseTime(opened + 60_000 + pick(row, 27, 40_000_000), row) : NULL,
    one(row, 28, ['patchtst_20250728', 'xgb_v2', NULL]),
    ...[29, 30, 31].map((purpose) => String(share(row, purpose))),
    String(confidence),
    sessionOf(pick(row, 32, sessionsFor(row) + 1)),
    pick(row, 33, 10) < 3 ? NULL : predictions(row),
    pick(row, 34, 10) < 2 ? NULL : pick(row, 35, 100_000) + 1,
    1,
    comment,
  ].join('\t')
}

const sessionsFor = (row: number): number => Math.floor(row / 500)
const sessionOf = (number: number): string => `session_${String(number).padStart(5, '0')}`

/** The first two of each trade are its own orders; where it has no exit, and behind them all, stand others. */
function orderLine(row: number, trades: number): string {
  const [trade, isExit] = [Math.ceil(row / 2), row % 2 === 0]
  const isOfTrade = trade <= trades && (!isExit || tradeStatus(trade)[1])
  const id = isOfTrade ? hex(trade, isExit ? 102 : 101) : hex(row, 103)
  const of = isOfTrade ? trade : row
  const type = isOfTrade
    ? one(row, 40, ['market', 'market', 'Market', 'MARKET', 'limit'])
    : one(row, 40, ['limit', 'stop', 'STOP', 'LIMIT', 'Stop', 'Limit'])
  const statuses = isOfTrade
    ? ['filled', 'FILLED', 'filled', 'filled']
    : ['cancelled', 'CANCELLED', 'open', 'rejected', 'partially_filled', 'canceled', 'REJECTED', 'OPEN']
  const created = Math.min(momentOf(of, 11), FIRST_MS + trades * TRADE_EVERY_MS)
  return [
    row,
    pick(row, 41, 30) === 0 && !isOfTrade ? NULL : id,
    symbolOf(of),
    isOfTrade && !isExit && pick(of, 20, 20_000) === 0 ? 'Buy' : sideOf(of),
    type,
    quantityOf(of),
    type.toLowerCase() === 'market' ? NULL : priceOf(of, 12),
    one(row, 42, statuses),
    stamp(created, of),
    stamp(created + pick(row, 43, 60_000), row),
    one(row, 44, [NULL, 'LastPrice', 'MarkPrice']),
    NULL,
    NULL,
    NULL,
    NULL,
    isOfTrade ? 'f' : 't',
    NULL,
    isExit ? 't' : 'f',
    'f',
    one(row, 45, [NULL, 'GTC', 'IOC']),
    pick(row, 46, 3),
  ].join('\t')
}

function signalLine(row: number): string {
  const at = momentOf(row, 47)
  return [
    row,
    symbolOf(row),
    one(row, 48, ['sell', 'buy']),
    looseTime(at, row),
    pick(row, 49, 10) === 0 ? NULL : looseTime(at, row + 1),
    `{"rsi": ${(share(row, 50) * 100).toFixed(2)}, "macd": ${share(row, 51) * 4 - 2}}`,
    predictions(row),
    'xgb_v2',
    pick(row, 52, 201) - 100,
    `{"price": "${priceOf(row, 53)}", "vol": ${pick(row, 54, 1_000_000)}}`,
    one(row, 55, ['error', 'processed', 'new']),
    pick(row, 56, 22) === 0 ? one(row, 57, COMMENTS) : NULL,
    'ml',
    share(row, 58),
  ].join('\t')
}

function balanceLine(row: number): string {
  const total = (5_000 + share(row, 59) * 5_000).toFixed(10)
  const free = (Number(total) * 0.9).toFixed(10)
  return [
    row,
    'bybit',
    one(row, 60, ['USDT', 'BTC', 'ETH']),
    free,
    (Number(total) - Number(free)).toFixed(10),
    total,
    total,
    stamp(momentOf(row, 61), row),
  ].join('\t')
}

function protectionLine(row: number): string {
  const trade = row * 2
  const [stop, target] = [Number(priceOf(trade, 62)) * 0.97, Number(priceOf(trade, 63)) * 1.05]
  const [base] = one(trade, 1, SYMBOLS)
  const status = one(row, 64, ['cancelled', 'triggered', 'pending'])
  const created = `${stamp(momentOf(trade, 11), trade)}+00`
  return [
    row,
    trade,
    `${base}USDT`,
    sideOf(trade),
    stop,
    target,
    NULL,
    NULL,
    status,
    created,
    pick(row, 65, 5),
    pick(row, 66, 3) === 0 ? 't' : 'f',
    'f',
    stop,
    target,
    NULL,
    NULL,
  ].join('\t')
}

function ladderLine(row: number): string {
  const trade = row * 5
  const status = one(row, 67, ['filled', 'executed', 'error'])
  return [
    row,
    trade,
    pick(row, 68, 3) + 1,
    '25.00',
    '0.2500',
    quantityOf(trade),
    priceOf(trade, 69),
    hex(row, 104),
    status,
    NULL,
    `${stamp(momentOf(trade, 11), trade)}+00`,
  ].join('\t')
}

function positionLine(row: number): string {
  const [base] = SYMBOLS[(row - 1) % SYMBOLS.length] ?? SYMBOLS[0]
  return [
    row,
    `${base}USDT`,
    one(row, 70, ['Buy', 'Sell']),
    '1.50000000',
    priceOf(row, 71),
    5,
    1,
    'f',
    NULL,
    NULL,
    `${stamp(momentOf(row, 72), row)}+00`,
  ].join('\t')
}

function sessionLine(row: number): string {
  const began = FIRST_MS + row * TRADE_EVERY_MS * 500
  return [
    row,
    sessionOf(row - 1),
    stamp(began, row),
    stamp(began + 43_200_000, row),
    'finished',
    286,
    219,
    share(row, 73) * 600 - 300,
    2.5,
    0.5,
    '{"leverage": 5}',
    0,
    'ok',
    '{"host": "trader-1"}',
  ].join('\t')
}

const noteLine = (row: number): string =>
  [row, 'оператор', String.raw`note ${row}\n"quoted", tail`, `${stamp(momentOf(row, 74), row)}+00`].join('\t')

const columns = (text: string): GeneratedTable['columns'] =>
  text.split(', ').map((column) => {
    const at = column.indexOf(' ')
    return [column.slice(0, at), column.slice(at + 1)] as const
  })
const NUMERIC = 'numeric(20,8)'
const [TEXT_50, TEXT_100] = ['character varying(50)', 'character varying(100)']

/** About `rows` rows in all, in the proportions of a worn installation and the order of a dump. */
export function wornTables(rows: number): readonly GeneratedTable[] {
  const part = (share: number): number => Math.max(1, Math.round(rows * share))
  const counts = {
    notes: part(0.0047),
    balances: part(0.0288),
    ladder: part(0.0337),
    signals: part(0.2357),
    protections: part(0.0848),
    trades: part(0.192),
  }
  const sessions = sessionsFor(counts.trades) + 1
  const rest = Object.values(counts).reduce((sum, count) => sum + count, 0) + 7 + sessions
  const tables: readonly (readonly [name: string, rows: number, columns: string, line: (row: number) => string])[] = [
    ['Operator Notes', counts.notes, 'ID integer, Who? text, note text, at timestamp with time zone', noteLine],
    [
      'balances',
      counts.balances,
      `id integer, exchange ${TEXT_50}, asset character varying(20), free numeric(28,10), locked numeric(28,10), total numeric(28,10), total_balance_usd numeric(28,10), timestamp timestamp without time zone`,
      balanceLine,
    ],
    [
      'orders',
      Math.max(1, rows - rest),
      `id integer, order_id ${TEXT_100}, symbol character varying(20), side character varying(10), type character varying(20), quantity ${NUMERIC}, price ${NUMERIC}, status character varying(20), created_at timestamp without time zone, updated_at timestamp without time zone, trigger_by ${TEXT_50}, sl_trigger_price ${NUMERIC}, tp_trigger_price ${NUMERIC}, sl_order_id ${TEXT_100}, tp_order_id ${TEXT_100}, is_sltp boolean, parent_order_id ${TEXT_100}, reduce_only boolean, close_on_trigger boolean, time_in_force ${TEXT_50}, position_idx integer`,
      (row) => orderLine(row, counts.trades),
    ],
    [
      'partial_tp_history',
      counts.ladder,
      `id integer, trade_id integer, level integer, percent numeric(10,2), close_ratio numeric(10,4), close_qty ${NUMERIC}, price ${NUMERIC}, order_id character varying(255), status character varying(20), error text, created_at timestamp with time zone`,
      ladderLine,
    ],
    [
      'positions',
      7,
      `id integer, symbol ${TEXT_50}, side character varying(10), size ${NUMERIC}, entry_price ${NUMERIC}, leverage double precision, position_idx integer, trailing_stop_active boolean, trailing_stop_price ${NUMERIC}, trailing_callback numeric(10,4), created_at timestamp with time zone`,
      positionLine,
    ],
    [
      'signals',
      counts.signals,
      `id integer, symbol ${TEXT_50}, action character varying(10), created_at text, processed_at text, indicators text, predictions text, model_name ${TEXT_100}, score integer, raw_data json, status ${TEXT_50}, error_message text, source ${TEXT_50}, strength double precision`,
      signalLine,
    ],
    [
      'sltp_orders',
      counts.protections,
      `id integer, trade_id integer, symbol ${TEXT_50}, side character varying(10), stop_loss_price double precision, take_profit_price double precision, sl_order_id ${TEXT_100}, tp_order_id ${TEXT_100}, status ${TEXT_50}, created_at timestamp with time zone, attempts integer, trailing_stop boolean, is_breakeven boolean, original_stop_loss double precision, original_take_profit double precision, error_message text, extra_data jsonb`,
      protectionLine,
    ],
    [
      'trades',
      counts.trades,
      `id integer, trade_id ${TEXT_100}, symbol ${TEXT_50}, order_id ${TEXT_100}, close_order_id ${TEXT_100}, side character varying(10), status character varying(20), entry_price ${NUMERIC}, close_price ${NUMERIC}, quantity ${NUMERIC}, leverage integer, stop_loss ${NUMERIC}, take_profit ${NUMERIC}, pnl ${NUMERIC}, created_at text, closed_at text, model_name ${TEXT_100}, model_score double precision, profit_probability double precision, loss_probability double precision, confidence double precision, session_id ${TEXT_100}, ml_data text, signal_id integer, user_id integer, extra_data jsonb`,
      tradeLine,
    ],
    [
      'trading_sessions',
      sessions,
      `id integer, session_id ${TEXT_100}, started_at timestamp without time zone, ended_at timestamp without time zone, status ${TEXT_50}, total_trades integer, profitable_trades integer, total_pnl double precision, max_drawdown double precision, win_rate double precision, config_snapshot jsonb, error_count integer, last_error text, metadata jsonb`,
      sessionLine,
    ],
  ]
  return tables.map(([name, count, declared, line]) => {
    const list = columns(declared)
    return { name, rows: count, columns: list, primaryKey: list[0]?.[0] === 'id' ? 'id' : undefined, line }
  })
}
