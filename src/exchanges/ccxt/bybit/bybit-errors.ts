import type { VenueReply } from '../ccxt-client.ts'
import { isRow, wordsIn, type Row } from '../json-reader.ts'

/**
 * What a code of this venue proves about the request it answers. A code that is not here proves nothing: the outcome is unknown.
 * `CLOCK`: refused because our time was off. `GONE`: the order is not there (any more).
 */
export type CodeMeaning = 'REJECTED' | 'DENIED' | 'THROTTLED' | 'DUPLICATE' | 'GONE' | 'CLOCK'

const MEANINGS: Readonly<Record<CodeMeaning, readonly number[]>> = {
  // Refused before it reached the book, in the words of the venue's list of error codes.
  REJECTED: [
    7001, // request params type error
    10001, // parameter error
    10020, // not a unified account
    10024, // compliance rules
    10027, // trading banned
    10028, // unified accounts only
    10029, // symbol not on the key's list
    110003, // price outside of the permitted range
    110004, // wallet balance insufficient
    110005, // position status
    110006, // assets insufficient
    110007, // available balance insufficient
    110009, // too many conditional orders
    110011, // would be liquidated at once
    110012, // available balance insufficient
    110013, // risk limit
    110014, // available balance insufficient for margin
    110016, // over the risk limit
    110017, // reduce-only rule not satisfied
    110018, // user id illegal
    110019, // order id illegal
    110020, // more than 500 active orders
    110021, // open interest exceeded
    110022, // quantity limited
    110023, // reduce only for this contract
    110031, // no risk limit
    110032, // illegal order
    110034, // no net position
    110037, // symbol not in the user's settings
    110040, // would be liquidated
    110041, // liquidation in progress
    110042, // before delivery only reducing
    110044, // available margin insufficient
    110045, // wallet balance insufficient
    110049, // tick must be a number
    110051, // balance below the lowest price
    110052, // balance insufficient for the price
    110053, // balance below the market price
    110057, // not for conditional orders
    110063, // settlement in progress
    110064, // amended quantity not above the filled one
    110066, // no trading at this time
    110068, // leveraged users may not trade
    110069, // lending users may not trade
    110070, // not a tradable symbol
    110092, // trigger price not above the last price
    110093, // trigger price not below the last price
    110094, // below the minimum order value
  ],
  DENIED: [
    10003, // key invalid
    10004, // signature wrong
    10005, // permission denied
    10007, // user authentication failed
    10008, // user banned
    10009, // IP banned
    10010, // IP not bound to the key
    33004, // key expired
  ],
  THROTTLED: [
    10006, // too many visits
    10018, // IP rate limit
    10429, // system-level frequency protection
  ],
  DUPLICATE: [
    110030, // duplicate order id
    110072, // order link id is duplicate
  ],
  GONE: [
    110001, // order does not exist or too late
    110008, // order finished or canceled
    110010, // order already canceled
  ],
  CLOCK: [
    10002, // timestamp outside of the receive window
  ],
}

const MEANING_OF: ReadonlyMap<number, CodeMeaning> = new Map(
  Object.entries(MEANINGS).flatMap(([meaning, codes]) => codes.map((code) => [code, meaning as CodeMeaning] as const)),
)

export function meaningOf(retCode: number): CodeMeaning | undefined {
  return MEANING_OF.get(retCode)
}

const HTTP_OK = 200
const BAD_REQUEST = 400
const UNAUTHORIZED = 401
const FORBIDDEN = 403
const TOO_MANY_REQUESTS = 429
const RETRY_DEFAULT_MS = 1_000
/** How long an address that asked too often is locked out, as the venue says in words. */
const ADDRESS_BAN_MS = 60_000
const RETRY_MAX_MS = 600_000
const WORDS_MAX = 200

export type Verdict =
  | { readonly kind: 'OK'; readonly result: Row; readonly ts: number }
  | { readonly kind: 'CODE'; readonly meaning: CodeMeaning; readonly code: string; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'UNKNOWN'; readonly reason: string }

/** What a reply proves. A body that is not the venue's envelope proves nothing, whatever its status says. */
export function judge(reply: VenueReply, now: number): Verdict {
  if (reply.kind === 'SILENCE') return { kind: 'UNKNOWN', reason: reply.reason }
  const { httpStatus, body, headers, text } = reply
  const code = isRow(body) ? body['retCode'] : undefined
  if (typeof code === 'number' && isRow(body)) {
    const message = wordsIn(body, 'retMsg').slice(0, WORDS_MAX)
    if (code === 0 && httpStatus === HTTP_OK && isRow(body['result'])) {
      const time = Number(body['time'])
      return { kind: 'OK', result: body['result'], ts: Number.isSafeInteger(time) ? time : now }
    }
    const meaning = meaningOf(code)
    if (meaning !== undefined) return { kind: 'CODE', meaning, code: String(code), message, retryAfterMs: retryAfter(headers, now) }
    return { kind: 'UNKNOWN', reason: `code ${code} ${message}`.trim() }
  }
  return byStatus(httpStatus, { text, headers, now })
}

function byStatus(
  httpStatus: number,
  about: { readonly text: string; readonly headers: Readonly<Record<string, string>>; readonly now: number },
): Verdict {
  const { text, headers, now } = about
  const code = `HTTP ${httpStatus}`
  const words = text.replace(/\s+/g, ' ').slice(0, WORDS_MAX)
  const refused = (meaning: CodeMeaning, retryAfterMs = 0): Verdict => ({ kind: 'CODE', meaning, code, message: words, retryAfterMs })
  if (httpStatus === TOO_MANY_REQUESTS) return refused('THROTTLED', retryAfter(headers, now))
  if (httpStatus === FORBIDDEN && /too frequent/i.test(text)) return refused('THROTTLED', ADDRESS_BAN_MS)
  if (httpStatus === UNAUTHORIZED || httpStatus === FORBIDDEN) return refused('DENIED')
  if (httpStatus === BAD_REQUEST) return refused('REJECTED')
  return { kind: 'UNKNOWN', reason: `${code} ${words}`.trim() }
}

/** `Retry-After` in seconds, or the venue's own time at which the limit is reset. */
function retryAfter(headers: Readonly<Record<string, string>>, now: number): number {
  const seconds = Number(headers['retry-after'])
  if (Number.isFinite(seconds) && seconds > 0) return Math.min(RETRY_MAX_MS, seconds * 1_000)
  const reset = Number(headers['x-bapi-limit-reset-timestamp'])
  if (Number.isFinite(reset) && reset > now) return Math.min(RETRY_MAX_MS, reset - now)
  return RETRY_DEFAULT_MS
}
