import type { Plant } from './plant-hook.ts'

/** Fills, money, positions and limits. */
export const MONEY_PLANTS: readonly Plant[] = [
  {
    name: "a profit between traders is missing in the exchange's cash",
    file: 'src/engine/reconcile/compare-positions.ts',
    find: 'cash = Money.add(cash, average === undefined ? cost : notional(average, net, currency))',
    replace: 'cash = [cost, ...others].reduce((sum, each) => Money.add(sum, each), cash)',
  },
  {
    name: 'a fill counts twice',
    file: 'src/engine/orders/reports.ts',
    find: 'if (state.tradeIds.has(`${order.symbol}|${raw.tradeId}`)) return',
    replace: '',
  },
  {
    name: 'a trade id is forgotten',
    file: 'src/engine/apply.ts',
    find: 'state.tradeIds.add(`${fact.symbol}|${fact.tradeId}`)',
    replace: 'state.tradeIds.add(fact.tradeId)',
  },
  {
    name: 'trade ids are forgotten by a restart from a snapshot',
    file: 'src/engine/snapshot.ts',
    find: 'tradeIds: [...state.tradeIds],',
    replace: 'tradeIds: [],',
  },
  {
    name: 'fills after a cancel are ignored',
    file: 'src/engine/orders/reports.ts',
    find: 'const isForeign = raw.fee.currency',
    replace: 'if (!isWorking(order.status)) return\n  const isForeign = raw.fee.currency',
  },
  {
    name: 'a full fill counts as a part',
    file: 'src/engine/orders/reports.ts',
    find: 'const full = Quantity.compare(filledQuantity, order.quantity) >= 0',
    replace: 'const full = Quantity.compare(filledQuantity, order.quantity) > 0',
  },
  {
    name: 'fees are added to the profit',
    file: 'src/engine/apply.ts',
    find: 'account.fees = Money.trim(Money.add(account.fees,',
    replace: 'account.fees = Money.trim(Money.subtract(account.fees,',
  },
  {
    name: 'a rebate is taken for a fee',
    file: 'src/engine/orders/reports.ts',
    find: 'fee: text(report.fee),',
    replace: 'fee: text(Money.absolute(report.fee)),',
  },
  {
    name: 'a reduction keeps its cost',
    file: 'src/domain/position.ts',
    find: 'Money.add(Money.subtract(position.entryCost, costOut), costIn)',
    replace: 'Money.add(closesAll ? Money.subtract(position.entryCost, costOut) : position.entryCost, costIn)',
  },
  {
    name: 'a size is rounded up',
    file: 'src/engine/orders/intent.ts',
    find: "return Quantity.roundToLot(raw, instrument.lotSize, 'floor')",
    replace: "return Quantity.roundToLot(raw, instrument.lotSize, 'ceil')",
  },
  {
    name: 'working orders do not count for the position limit',
    file: 'src/engine/risk/gate.ts',
    find: "const working = intent.side === 'BUY' ? entryBuy : entrySell",
    replace:
      "const working = Quantity.subtract(intent.side === 'BUY' ? entryBuy : entrySell, intent.side === 'BUY' ? entryBuy : entrySell)",
  },
  {
    name: 'positions about to open do not count',
    file: 'src/engine/orders/exposure.ts',
    find: 'if (isHeld || !Quantity.isZero(entryBuy) || !Quantity.isZero(entrySell))',
    replace: 'if (isHeld)',
  },
  {
    name: 'the rate limit looks at half a second',
    file: 'src/engine/risk/gate.ts',
    find: 'const RATE_WINDOW_MS = 1_000',
    replace: 'const RATE_WINDOW_MS = 500',
  },
  {
    name: 'the daily loss leaves out open losses',
    file: 'src/engine/portfolio/equity.ts',
    find: 'return Money.subtract(dayStart, valuation.equity)',
    replace: 'return Money.subtract(dayStart, Money.subtract(valuation.equity, valuation.unrealized))',
  },
  {
    name: 'the day begins anew with a restart',
    file: 'src/engine/snapshot.ts',
    find: 'for (const account of body.accounts) state.accounts.set(account.currency, account)',
    replace:
      'for (const account of body.accounts) state.accounts.set(account.currency, { ...account, dayStart: account.equity ?? account.start })',
  },
  {
    name: 'the balance is not looked at',
    file: 'src/engine/risk/gate.ts',
    find: 'if (Money.compare(cost, available) > 0)',
    replace: 'if (Money.isNegative(cost))',
  },
  {
    name: 'the collar is off',
    file: 'src/engine/risk/gate.ts',
    find: 'if (Money.compare(distance, allowed) <= 0) return undefined',
    replace: 'if (!Money.isNegative(distance)) return undefined',
  },
  {
    name: 'an old price is as good as a new one',
    file: 'src/engine/signals.ts',
    find: 'if (ageMs <= referenceMaxAgeMs) return undefined',
    replace: 'if (ageMs <= referenceMaxAgeMs * 1_000) return undefined',
  },
  {
    name: 'spot is sold short',
    file: 'src/engine/orders/intent.ts',
    find: "if (side === 'SELL' && instrument.kind === 'spot') {",
    replace: "if (side === 'SELL' && instrument.settle === 'spot') {",
  },
  {
    name: 'nonsense is booked as a fill',
    file: 'src/engine/reconcile/readable.ts',
    find: "if (!isReadablePrice(price)) return 'its price is not a positive decimal of ordinary length'",
    replace: '',
  },
  {
    name: "the exchange's clock moves ours",
    file: 'src/engine/reconcile/report-door.ts',
    find: 'const ts = timeOf(tx, report.ts)',
    replace: 'const ts = report.ts',
  },
]
