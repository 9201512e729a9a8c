import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { ORDER_EVENTS, ORDER_STATUSES, isWorking, nextStatus, type OrderEvent, type OrderStatus } from './order.ts'

/** Every pair, written out by hand: `-` is an error. Columns in the order of the first line. */
const TABLE = `
                  RELEASE    ACCEPT            REJECT    LOSE            FILL_PART         FILL_ALL  REQUEST_CANCEL  REFUSE_CANCEL  CANCEL    EXPIRE
EMULATED          SUBMITTED  -                 REJECTED  -               -                 -         -               -              CANCELED  EXPIRED
SUBMITTED         -          ACCEPTED          REJECTED  UNKNOWN         PARTIALLY_FILLED  FILLED    PENDING_CANCEL  -              CANCELED  EXPIRED
ACCEPTED          -          ACCEPTED          REJECTED  UNKNOWN         PARTIALLY_FILLED  FILLED    PENDING_CANCEL  -              CANCELED  EXPIRED
PARTIALLY_FILLED  -          PARTIALLY_FILLED  -         UNKNOWN         PARTIALLY_FILLED  FILLED    PENDING_CANCEL  -              CANCELED  EXPIRED
PENDING_CANCEL    -          PENDING_CANCEL    REJECTED  PENDING_CANCEL  PENDING_CANCEL    FILLED    PENDING_CANCEL  ACCEPTED       CANCELED  EXPIRED
UNKNOWN           -          ACCEPTED          REJECTED  UNKNOWN         PARTIALLY_FILLED  FILLED    PENDING_CANCEL  -              CANCELED  EXPIRED
FILLED            -          -                 -         -               -                 -         -               -              -         -
CANCELED          -          -                 -         -               CANCELED          FILLED    -               -              -         -
EXPIRED           -          -                 -         -               EXPIRED           FILLED    -               -              -         -
REJECTED          -          -                 -         -               REJECTED          FILLED    -               -              -         -
`

const [header = '', ...lines] = TABLE.trim().split('\n')
const events = header.trim().split(/\s+/)
const pairs = lines.flatMap((line) => {
  const [status = '', ...next] = line.trim().split(/\s+/)
  return events.map((event, i) => ({ status: status as OrderStatus, event: event as OrderEvent, next: next[i] }))
})
const TERMINAL: readonly OrderStatus[] = ['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED']

describe('order table', () => {
  it('is written out completely', () => {
    expect([...new Set(pairs.map(({ status }) => status))].sort()).toEqual([...ORDER_STATUSES].sort())
    expect([...events].sort()).toEqual([...ORDER_EVENTS].sort())
    expect(pairs).toHaveLength(ORDER_STATUSES.length * ORDER_EVENTS.length)
  })

  it.each(pairs)('$status + $event → $next', ({ status, event, next }) => {
    expect(nextStatus(status, event) ?? '-').toBe(next)
  })

  it('no sequence of events leaves the table; an ended order reopens for nothing and moves only by late fills', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<OrderStatus>('EMULATED', 'SUBMITTED'),
        fc.array(fc.constantFrom(...ORDER_EVENTS), { maxLength: 40 }),
        (first, sequence) => {
          let status: OrderStatus = first
          for (const event of sequence) {
            const next = nextStatus(status, event)
            if (next === undefined) continue
            expect(ORDER_STATUSES).toContain(next)
            if (TERMINAL.includes(status)) {
              expect(['FILL_PART', 'FILL_ALL']).toContain(event)
              expect(isWorking(next)).toBe(false)
              expect([status, 'FILLED']).toContain(next)
            }
            status = next
          }
          expect(isWorking(status)).toBe(!TERMINAL.includes(status))
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
