import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'

export function accountHandlers(base: Base, { readModel }: HandlerDependencies) {
  return {
    balance: base.accounts.balance.handler(({ input }) => ({
      balances: readModel.balances(),
      equity_curve: readModel.equityCurve(input.points),
    })),
  }
}
