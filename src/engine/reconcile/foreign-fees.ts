import { Money } from '#domain/money/money.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { differenceIdOf, recordDifference } from './differences.ts'

/** Fees in another currency are kept beside the books, to the last digit, and shown: once per currency, until somebody has seen it. */
export function reportForeignFee(tx: Transaction, { exchange }: TrackedOrder, currency: string): void {
  if (Money.isZero(tx.state.foreignFees.get(currency) ?? Money.zero(currency))) return
  recordDifference(tx, {
    differenceId: differenceIdOf('BALANCE', exchange, `fees in ${currency}`),
    kind: 'BALANCE',
    exchange,
    currency,
    ours: `no account in ${currency}`,
    theirs: `fees taken in ${currency}`,
    cause: `The exchange takes fees in ${currency}, which is not what its fills are settled in. They are recorded with each fill and are not part of the cash here; profit looks better by them.`,
    suggestion: 'IGNORE',
    blocking: false,
  })
}
