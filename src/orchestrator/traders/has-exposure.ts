import type { ReadModel } from '../read-model/read-model.ts'

/** Whether a trader holds anything or has orders that may still fill. */
export function hasExposure(readModel: Pick<ReadModel, 'positions' | 'workingOrders'>, traderId: string): boolean {
  const isIts = ({ trader_id }: { readonly trader_id: string }) => trader_id === traderId
  return readModel.positions().some(isIts) || readModel.workingOrders().some(isIts)
}
