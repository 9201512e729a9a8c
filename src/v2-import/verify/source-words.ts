import { SCALE_MAX } from '#domain/money/fixed.ts'
import type { ImportPlan } from '../mapping/import-plan.ts'

/**
 * What cells of version 2 mean, told in SQL and anew: nothing of the mapper is used here, so that a fault of one is seen by the
 * other. Each function makes an expression from the expression of a cell (text).
 */

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Free text: NULL and the empty text are both "not there". */
export function words(cell: string): string {
  return `nullif(${cell}, '')`
}

export function number(cell: string): string {
  return cell === 'NULL::text' ? 'NULL::numeric' : `nullif(${cell}, '')::numeric`
}

/** A word in small letters, without blanks, dashes and underscores. */
function folded(cell: string): string {
  return `translate(lower(${cell}), E' _-\\t', '')`
}

function oneOf(cell: string, meanings: readonly (readonly [meaning: string, spellings: string])[]): string {
  const cases = meanings.flatMap(([meaning, spellings]) => spellings.split(' ').map((word) => `WHEN '${word}' THEN '${meaning}'`)).join(' ')
  // Nearly every word is found by its letters alone, which is several times cheaper.
  return `coalesce(CASE lower(${cell}) ${cases} END, CASE ${folded(cell)} ${cases} END)`
}

export function side(cell: string): string {
  return oneOf(cell, [
    ['BUY', 'buy long'],
    ['SELL', 'sell short'],
  ])
}

export function tradeState(cell: string): string {
  return oneOf(cell, [
    ['OPEN', 'open'],
    ['CLOSED', 'close closed'],
    ['CANCELED', 'canceled cancelled'],
    ['REJECTED', 'rejected'],
    ['PARTIAL', 'partial partiallyfilled'],
  ])
}

export function orderStatus(cell: string): string {
  return oneOf(cell, [
    ['ACCEPTED', 'open new active untriggered triggered'],
    ['SUBMITTED', 'pending created submitted'],
    ['PARTIALLY_FILLED', 'partiallyfilled partial'],
    ['FILLED', 'filled'],
    ['CANCELED', 'canceled cancelled partiallyfilledcanceled deactivated'],
    ['REJECTED', 'rejected'],
    ['EXPIRED', 'expired'],
  ])
}

export function orderType(cell: string): string {
  return oneOf(cell, [
    ['MARKET', 'market'],
    ['LIMIT', 'limit'],
    ['STOP_MARKET', 'stop stopmarket stoploss stoplossmarket'],
    ['STOP_LIMIT', 'stoplimit stoplosslimit'],
    ['TAKE_PROFIT_MARKET', 'takeprofit takeprofitmarket'],
    ['TAKE_PROFIT_LIMIT', 'takeprofitlimit'],
    ['TRAILING_STOP', 'trailingstop trailingstopmarket'],
  ])
}

export function signalAction(cell: string): string {
  return oneOf(cell, [
    ['BUY', 'buy long'],
    ['SELL', 'sell short'],
    ['CLOSE_LONG', 'closelong'],
    ['CLOSE_SHORT', 'closeshort'],
  ])
}

export function flag(cell: string): string {
  return `CASE WHEN ${cell} = 't' THEN true WHEN ${cell} = 'f' THEN false WHEN ${folded(cell)} IN ('t','true','1','1.0','yes','y','on') THEN true WHEN ${folded(cell)} IN ('f','false','0','0.0','no','n','off') THEN false END`
}

/** A whole number that an export may have written as `12.0`. */
export function reference(cell: string): string {
  return `CASE WHEN right(${cell}, 2) = '.0' AND ${cell} ~ '^-?[0-9]+\\.0$' THEN left(${cell}, -2) ELSE ${words(cell)} END`
}

/** 0 to 1; what is above one is per cent. Multiplied, as a division would round. */
export function confidence(value: string): string {
  return `CASE WHEN ${value} NOT BETWEEN 0 AND 100 OR scale(${value}) + 2 > ${SCALE_MAX} THEN NULL WHEN ${value} <= 1 THEN ${value} ELSE ${value} * 0.01 END`
}

export function exchange(cell: string, plan: ImportPlan): string {
  return `coalesce(lower(btrim(${words(cell)})), ${literal(plan.exchange)})`
}

/** The moment of a cell that is no plain number, as the server reads it; the time zone of the session is that of the plan. */
export function moment(cell: string): string {
  // The server would round what is finer than a microsecond.
  const isFiner = `octet_length(${cell}) > 26 AND strpos('0123456789', substr(${cell}, strpos(${cell}, '.') + 7, 1)) > 0`
  const short = `CASE WHEN ${isFiner} THEN regexp_replace(${cell}, '(\\.[0-9]{6})[0-9]+', '\\1') ELSE ${cell} END`
  return `CASE WHEN ${cell} LIKE '____-%' OR ${cell} !~ '^[0-9.]*$' THEN (${short})::timestamptz END`
}

interface ReadTime {
  /** `moment` and `isNaive` of the cell. */
  readonly read: string
  readonly naive: string
  readonly plan: ImportPlan
}

/** The moment of a cell in UTC milliseconds, cut down. */
export function milliseconds(cell: string, { read, naive, plan }: ReadTime): string {
  const digits = `split_part(${cell}, '.', 1)`
  const seconds = `floor(${cell}::numeric * 1000)::bigint`
  const others = `left(${digits}, 13)::bigint`
  const epoch = `CASE WHEN ${cell} = '' THEN NULL WHEN length(${digits}) = 10 THEN ${seconds} ELSE ${others} END`
  const taken = plan.timeZone === 'UTC' ? read : ofTwo(read, naive, plan)
  return `CASE WHEN ${read} IS NULL THEN ${epoch} ELSE floor(extract(epoch FROM ${taken}) * 1000)::bigint END`
}

/** Whether a cell is a reading of a wall clock that names no zone. */
export function isNaive(cell: string): string {
  // Most cells can be told at a glance: those in UTC, and those with nothing but digits behind the date, as a zone has a sign or letters.
  const isUtc = `octet_length(${cell}) > 16 AND right(${cell}, 3) IN ('+00', ':00') AND (right(${cell}, 3) = '+00' OR right(${cell}, 6) = '+00:00')`
  const isBare = `octet_length(rtrim(${cell}, '0123456789:.')) <= 11`
  return `(${cell} LIKE '____-%' AND NOT (${isUtc}) AND (${isBare} OR substr(${cell}, 12) !~ '(?:[zZ]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2}){0,2})$'))`
}

/** When clocks are set back the server takes one of two moments; the other lies an hour or half an hour off and reads the same. */
function ofTwo(read: string, naive: string, plan: ImportPlan): string {
  const others = ['- interval ', '- interval ', '+ interval ', '+ interval '].map((step, index) => {
    const other = `${read} ${step}'${index % 2 === 0 ? 60 : 30} minutes'`
    return `CASE WHEN (${other})::timestamp = ${read}::timestamp THEN ${other} END`
  })
  const pick = plan.ambiguousTime === 'later' ? 'greatest' : 'least'
  return `CASE WHEN ${naive} THEN ${pick}(${read}, ${others.join(', ')}) ELSE ${read} END`
}

/** The unified symbol of a spelling, as a query from distinct spellings is cheap. */
export function unifiedSymbol(cell: string, plan: ImportPlan): string {
  const name = `upper(btrim(${cell}))`
  const joined = `regexp_replace(${name}, '^(.{1,15}?)(FDUSD|USDT|USDC|BUSD|TUSD|USDE|DAI|EUR|USD|BTC|ETH|BNB)$', '\\1/\\2')`
  const separated = `regexp_replace(${name}, '^([A-Z0-9]+)[/_-]([A-Z0-9]+)(-SWAP)?$', '\\1/\\2')`
  const pair = `CASE WHEN ${name} ~ '[/_-]' THEN ${separated} ELSE ${joined} END`
  const isSpot = plan.marketKind === 'spot' ? `${name} NOT LIKE '%-SWAP'` : 'false'
  return `CASE WHEN ${name} LIKE '%:%' THEN ${name} WHEN ${isSpot} THEN ${pair} ELSE (${pair}) || ':' || split_part(${pair}, '/', 2) END`
}
