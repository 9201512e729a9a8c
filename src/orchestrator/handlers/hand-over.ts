import type { z } from 'zod'
import type { HandOverLineView, handOverRequest, HandOverView } from '#contract/hand-over.ts'
import type { DifferenceDecision } from '#domain/difference.ts'
import { AppError } from '#domain/errors.ts'
import { parseTraderId } from '#domain/ids.ts'
import type { HandOverLine } from '#v2-import/hand-over/hand-over-line.ts'
import { decidedWords, HAND_OVER_ACTION, type HandOverControl } from '../hand-over/hand-over-control.ts'
import { recordAudit } from './audit-trail.ts'
import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { expectAnswer } from './engine-answers.ts'
import { problem } from './problems.ts'

type DecideInput = z.output<typeof handOverRequest>

export function handOverHandlers(base: Base, dependencies: HandlerDependencies) {
  const { handOver } = dependencies
  return {
    table: base.handOver.table.handler(() => inWords(() => viewOf(handOver))),

    decide: base.handOver.decide.handler(({ input, context }) => inWords(() => decide(dependencies, input, context.actor))),

    v2Trading: base.handOver.v2Trading.handler(({ input, context }) =>
      inWords(async () => {
        const before = handOver.v2Claim() === null ? 'not trading' : 'trading'
        await handOver.setV2Trading(input.trading, context.actor, input.reason)
        await recordAudit(dependencies, {
          actor: context.actor,
          action: 'say-v2-trades',
          target: 'version 2',
          before,
          after: input.trading ? 'trading' : 'not trading',
          reason: input.reason,
        })
        return { v2_trading: handOver.v2Claim(), shadow: handOver.shadow() }
      }),
    ),
  }
}

async function viewOf(handOver: HandOverControl): Promise<HandOverView> {
  const { exchange, comparedAt, lines, open, missing } = await handOver.table()
  const claim = handOver.v2Claim()
  const all = [...missing, ...(claim === null ? [] : ['version 2 is said to trade the account'])]
  return {
    exchange,
    compared_at: comparedAt,
    complete: all.length === 0,
    missing: all,
    open,
    lines: lines.map(lineView),
    v2_trading: claim,
    shadow: handOver.shadow(),
  }
}

/** A decision about a difference is the engine's to carry out; one about version 2's word alone is written down, and that is all it does. */
async function decide(dependencies: HandlerDependencies, input: DecideInput, actor: string): Promise<HandOverLineView> {
  const { handOver, engine, clock, readModel } = dependencies
  const line = (await handOver.table()).lines.find(({ id }) => id === input.line)
  if (line === undefined)
    throw problem('NOT_FOUND', `Nobody says any more that ${input.line} is open. Nothing was done; GET /import/hand-over lists what is.`)
  if (line.fingerprint !== input.fingerprint)
    throw problem(
      'CONFLICT',
      `What is said of ${line.id} has changed since you looked. Nothing was done; look at it again and decide then.`,
    )
  if (!line.allowed.includes(input.decision))
    throw problem(
      'CONFLICT',
      `${line.id} cannot be decided by ${input.decision}, only by ${line.allowed.join(', ') || 'nothing'}. Nothing was done.`,
    )
  const traderId = input.trader_id === undefined ? undefined : parseTraderId(input.trader_id)
  if (traderId !== undefined && readModel.trader(traderId) === undefined)
    throw problem('NOT_FOUND', `There is no trader ${traderId}. Nothing was decided; GET /traders lists them.`)
  if (line.differenceId === null) {
    const { id, v2, atExchange, v3 } = line
    const before = `version 2: ${v2 ?? 'nothing'}; exchange: ${atExchange ?? 'not known'}; here: ${v3 ?? 'nothing'}`
    const after = decidedWords(input.decision, line.fingerprint)
    const act = {
      type: 'ActionAudited',
      ts: clock.now(),
      actor,
      action: HAND_OVER_ACTION,
      target: id,
      before,
      after,
      reason: input.reason,
    } as const
    expectAnswer(await engine.request({ type: 'Record', facts: [act] }), 'Done')
  } else {
    const decision = engineDecision(line, input)
    const { differenceId } = line
    expectAnswer(
      await engine.request({ type: 'DecideDifference', differenceId, decision, traderId, by: actor, reason: input.reason }),
      'Done',
    )
  }
  const now = (await handOver.table()).lines.find(({ id }) => id === line.id)
  const decided = { decision: input.decision, by: actor, reason: input.reason, at: clock.now() }
  // Once all agree that nothing is there, there is no line any more.
  return lineView(now ?? { ...line, decided, allowed: [], isSettled: true })
}

function engineDecision({ kind }: HandOverLine, { decision, trader_id: traderId }: DecideInput): DifferenceDecision {
  switch (decision) {
    case 'ADOPT':
      if (kind === 'order') return 'ADOPT'
      if (traderId === undefined) throw problem('INPUT_INVALID', 'trader_id: to adopt a position, name the trader it goes to')
      return 'ASSIGN'
    case 'CANCEL':
    case 'CLOSE':
      return 'CLOSE'
    case 'IGNORE':
      return 'IGNORE'
  }
}

function lineView({ atExchange, differenceId, isSettled, allowed, ...line }: HandOverLine): HandOverLineView {
  return { ...line, at_exchange: atExchange, difference_id: differenceId, settled: isSettled, allowed: [...allowed] }
}

/** A database that cannot be asked is no fault of this program: its words are for the person. */
async function inWords<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('POSTGRES_')) throw problem('UNAVAILABLE', error.message)
    throw error
  }
}
