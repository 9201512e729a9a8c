import type { ActionAudited } from '#domain/facts.ts'
import type { HandlerDependencies } from './dependencies.ts'

export type AuditedAction = Omit<ActionAudited, 'type' | 'ts'>

/** Writes who did what to the journal. The act is already done: a row that cannot be written is logged, never a reason to fail it. */
export async function recordAudit({ engine, clock, logger }: HandlerDependencies, action: AuditedAction): Promise<void> {
  try {
    const answer = await engine.request({ type: 'Record', facts: [{ type: 'ActionAudited', ts: clock.now(), ...action }] })
    if (answer.type === 'Refused') logger.error({ action, answer }, 'the engine refused an audit row')
  } catch (error) {
    logger.error({ err: error, action }, 'an audit row was not written')
  }
}
