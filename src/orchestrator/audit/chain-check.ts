import { createHash } from 'node:crypto'
import type { AuditedAct, ChainHead } from './audit-report.ts'

/** A row of the journal as the file has it. Types are looked at, not trusted. */
export interface RawPage {
  readonly seq: unknown
  readonly ts: unknown
  /** The bytes of the text, so that not even a broken character can hide. */
  readonly body: unknown
  readonly hash: unknown
  readonly facts: unknown
}

/** Why a page does not fit, and where. */
export class BrokenChain extends Error {
  readonly record: number
  constructor(record: number, what: string) {
    super(what)
    this.record = record
  }
}

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Recomputes the chain of a journal, page by page, from nothing but the published formula (`docs/audit.md`): the hash of a page
 * is SHA-256 over `PREVIOUS|SEQ|BODY`, with the hash before in hex. It shares no code with the journal on purpose: a fault
 * there must not hide itself here.
 */
export class ChainCheck {
  #previous = '0'.repeat(64)
  #expected = 1
  records = 0
  firstTs: number | null = null
  lastTs: number | null = null
  readonly #since: ChainHead | undefined
  readonly #onAct: (act: AuditedAct) => void
  isSinceFound = false

  constructor(onAct: (act: AuditedAct) => void, since?: ChainHead) {
    this.#onAct = onAct
    this.#since = since
  }

  get facts(): number {
    return this.#expected - 1
  }

  get head(): ChainHead | null {
    return this.records === 0 ? null : { seq: this.facts, hash: this.#previous }
  }

  /** Takes the next page of the file. Throws `BrokenChain`. */
  take({ seq, ts, body, hash, facts }: RawPage): void {
    const at = this.#expected
    if (seq !== at) throw new BrokenChain(at, `record ${at} is missing or was put elsewhere: the next one in the file is ${String(seq)}`)
    if (!Buffer.isBuffer(body)) throw new BrokenChain(at, 'its text is not there')
    if (!Buffer.isBuffer(hash)) throw new BrokenChain(at, 'its hash is not there')
    const found = createHash('sha256').update(`${this.#previous}|${at}|`).update(body).digest()
    if (!found.equals(hash)) {
      throw new BrokenChain(at, 'its hash does not fit: its text, its hash or the record before it is not what was written')
    }
    const times = this.#readFacts(at, body)
    if (facts !== times.length) throw new BrokenChain(at, `it says it holds ${String(facts)} facts and holds ${times.length}`)
    if (ts !== times[0]) throw new BrokenChain(at, `its time is ${String(ts)}, that of its first fact ${times[0]}`)
    this.records += 1
    this.#previous = found.toString('hex')
    this.#expected = at + times.length
    this.firstTs ??= times[0] ?? null
    this.lastTs = times.at(-1) ?? null
    this.#compareSince(at)
  }

  /** The page that holds the noted fact must end with it and have the noted hash. */
  #compareSince(page: number): void {
    const since = this.#since
    if (since === undefined || this.isSinceFound || since.seq > this.facts) return
    if (since.seq !== this.facts)
      throw new BrokenChain(page, `the noted head ends with fact ${since.seq}, this record with ${this.facts}: it was written anew`)
    if (since.hash !== this.#previous)
      throw new BrokenChain(page, 'it or one before it was written anew since the head was noted: the hashes differ')
    this.isSinceFound = true
  }

  /** Times of the facts, one a line. */
  #readFacts(at: number, body: Buffer): number[] {
    try {
      return strictText
        .decode(body)
        .split('\n')
        .map((line, index) => this.#readFact(at + index, line))
    } catch (error) {
      throw new BrokenChain(at, error instanceof Error ? error.message : String(error))
    }
  }

  #readFact(seq: number, line: string): number {
    const fact: unknown = JSON.parse(line)
    if (!isFact(fact)) throw new Error(`fact ${seq} in it has no type or no time`)
    if (fact.type === 'ActionAudited') this.#onAct({ ...(fact as unknown as Omit<AuditedAct, 'seq'>), seq })
    return fact.ts
  }
}

function isFact(value: unknown): value is { readonly type: string; readonly ts: number } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'ts' in value &&
    Number.isSafeInteger(value.ts)
  )
}
