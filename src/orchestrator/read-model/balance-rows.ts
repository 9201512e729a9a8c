import type { BalanceView, EquityPoint, RiskView } from '#contract/views.ts'
import type { AccountOpened, EquityMarked } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import { EquityCurve, type EquityCurveState } from './equity-curve.ts'

const DAY_MS = 86_400_000
type Amount = fixed.Fixed<'Amount'>
const ZERO: Amount = fixed.make<'Amount'>(0n, 0)

interface Row {
  readonly view: BalanceView
  readonly equity: Amount
  readonly exposure: Amount
  readonly day: number
  /** Equity at the last mark before the day began, or what the account started with. */
  readonly dayStart: Amount
}

export interface BalanceRowsState {
  readonly rows: ReadonlyMap<string, Row>
  readonly curve: EquityCurveState
}

/** Accounts as they were last marked, the loss of the UTC day, and the curve of the equity of the first account's currency. */
export class BalanceRows {
  readonly #rows: Map<string, Row>
  readonly #curve: EquityCurve

  constructor(curveMax: number, saved?: BalanceRowsState) {
    this.#rows = new Map(saved?.rows)
    this.#curve = new EquityCurve(curveMax, saved?.curve)
  }

  save(): BalanceRowsState {
    return { rows: this.#rows, curve: this.#curve.save() }
  }

  opened(fact: AccountOpened, seq: number): BalanceView {
    const equity = fixed.parse<'Amount'>(fact.balance)
    const view: BalanceView = {
      exchange: fact.exchange,
      currency: fact.currency,
      start: fact.balance,
      realized: '0',
      unrealized: '0',
      fees: '0',
      equity: fact.balance,
      exposure: '0',
      reserved: '0',
      available: available(equity, ZERO, ZERO),
      ts: fact.ts,
      seq,
    }
    this.#rows.set(keyOf(fact), { view, equity, exposure: ZERO, day: dayOf(fact.ts), dayStart: equity })
    this.#addPoint(fact.ts)
    return view
  }

  marked(fact: EquityMarked, seq: number): BalanceView {
    const equity = fixed.parse<'Amount'>(fact.equity)
    const exposure = fixed.parse<'Amount'>(fact.exposure)
    const before = this.#rows.get(keyOf(fact))
    const day = dayOf(fact.ts)
    const view: BalanceView = {
      exchange: fact.exchange,
      currency: fact.currency,
      start: fact.start,
      realized: fact.realized,
      unrealized: fact.unrealized,
      fees: fact.fees,
      equity: fact.equity,
      exposure: fact.exposure,
      reserved: fact.reserved,
      available: available(equity, exposure, fixed.parse<'Amount'>(fact.reserved)),
      ts: fact.ts,
      seq,
    }
    const dayStart = before === undefined ? fixed.parse<'Amount'>(fact.start) : day === before.day ? before.dayStart : before.equity
    this.#rows.set(keyOf(fact), { view, equity, exposure, day, dayStart })
    this.#addPoint(fact.ts)
    return view
  }

  get(exchange: string, currency: string): BalanceView | undefined {
    return this.#rows.get(keyOf({ exchange, currency }))?.view
  }

  all(): BalanceView[] {
    return [...this.#rows.values()].map((row) => row.view)
  }

  curve(count: number): EquityPoint[] {
    return this.#curve.sample(count)
  }

  /** Equity at a past moment as last marked then; undefined before the first mark. Of the first account's currency. */
  equityAt(ts: number): EquityPoint | undefined {
    return this.#curve.at(ts)
  }

  get curveSize(): number {
    return this.#curve.size
  }

  /** Sums over the accounts in the first account's currency: two currencies are never added. */
  used(): Pick<RiskView['used'], 'daily_loss' | 'exposure'> {
    let exposure = ZERO
    let gain = ZERO
    for (const row of this.#main()) {
      exposure = fixed.add(exposure, row.exposure)
      gain = fixed.add(gain, fixed.subtract(row.equity, row.dayStart))
    }
    const loss = gain.units < 0n ? fixed.negate(gain) : ZERO
    return { daily_loss: fixed.format(fixed.trim(loss)), exposure: fixed.format(fixed.trim(exposure)) }
  }

  #main(): Row[] {
    const rows = [...this.#rows.values()]
    return rows.filter((row) => row.view.currency === rows[0]?.view.currency)
  }

  #addPoint(ts: number): void {
    const total = this.#main().reduce((sum, row) => fixed.add(sum, row.equity), ZERO)
    this.#curve.add({ ts, equity: fixed.format(fixed.trim(total)) })
  }
}

function keyOf(account: { readonly exchange: string; readonly currency: string }): string {
  return `${account.exchange} ${account.currency}`
}

function dayOf(ts: number): number {
  return Math.floor(ts / DAY_MS)
}

/** What new entries may use: equity less exposure and reserved, leverage one, never below zero. */
function available(equity: Amount, exposure: Amount, reserved: Amount): string {
  const free = fixed.subtract(fixed.subtract(equity, exposure), reserved)
  return free.units < 0n ? '0' : fixed.format(fixed.trim(free))
}
