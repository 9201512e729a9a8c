import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'

/** The supervisor of the traders journals and audits each change itself, under the actor. */
export function traderHandlers(base: Base, { traders }: HandlerDependencies) {
  return {
    list: base.traders.list.handler(() => ({ items: [...traders.list()] })),
    create: base.traders.create.handler(({ input, context }) => traders.create(input, context.actor)),
    update: base.traders.update.handler(({ input, context }) => traders.update(input, context.actor)),
    remove: base.traders.remove.handler(async ({ input, context }) => {
      await traders.remove(input.id, context.actor)
      return { id: input.id }
    }),
    start: base.traders.start.handler(({ input, context }) => traders.start(input.id, context.actor)),
    stop: base.traders.stop.handler(({ input, context }) => traders.stop(input.id, context.actor)),
    pause: base.traders.pause.handler(({ input, context }) => traders.pause(input.id, context.actor)),
    resume: base.traders.resume.handler(({ input, context }) => traders.resume(input.id, context.actor)),
  }
}

export function strategyHandlers(base: Base, { traders }: HandlerDependencies) {
  return { list: base.strategies.list.handler(async () => ({ items: [...(await traders.strategies())] })) }
}
