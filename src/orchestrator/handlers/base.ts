import { implement } from '@orpc/server'
import { contract, type ApiContext } from '#contract/api.ts'
import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { IdempotencyCache } from './idempotency.ts'
import { toProblem } from './problems.ts'

/**
 * Answers are made by our own code from the contract's own types, so checking each against its schema again would only cost:
 * half of the time of a long list. What comes in is always checked.
 */
const OUTPUT_IS_NOT_CHECKED = Number.NaN

/** What every call goes through: errors become problems, and a write with a key is done once. */
export function createBase({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
  const answers = new IdempotencyCache(clock)
  return implement(contract)
    .$config({ initialOutputValidationIndex: OUTPUT_IS_NOT_CHECKED })
    .$context<ApiContext>()
    .use(async ({ next, path, context, procedure }, input) => {
      const method = procedure['~orpc'].route.method ?? 'POST'
      const { idempotencyKey } = context
      try {
        if (method === 'GET' || idempotencyKey === undefined) return await next()
        return await answers.once(idempotencyKey, [path, input], async () => next())
      } catch (error) {
        const seen = toProblem(error)
        if (seen.status >= 500) logger.error({ err: error, path: path.join('.'), actor: context.actor }, 'a call failed')
        throw seen
      }
    })
}

export type Base = ReturnType<typeof createBase>
