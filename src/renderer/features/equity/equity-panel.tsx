import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { BalanceView } from '#contract/views.ts'
import { moneyDigits, useNumbers } from '#renderer/format/use-numbers.tsx'
import { useCatalogue } from '#renderer/state/catalogue.ts'
import { balances, useMainBalance } from '#renderer/state/stores.ts'
import { useChangeToday } from '#renderer/state/today.ts'
import { Num, Pnl } from '#renderer/ui/num.tsx'
import { Empty, Panel, Skeleton } from '#renderer/ui/panel.tsx'
import { EquityPlot } from './equity-plot.tsx'

const LINES = ['available', 'reserved', 'realized', 'unrealized', 'fees'] as const

function Figures({ balance }: { readonly balance: BalanceView }): ReactNode {
  const { t } = useTranslation()
  const digits = moneyDigits(balance.currency)
  return (
    <div className="figures">
      {LINES.map((key) => (
        <div key={key} className="figure-line">
          <span className="dim">{t(`equity.${key}`)}</span>
          {key === 'realized' || key === 'unrealized' ? (
            <Pnl value={balance[key]} digits={digits} />
          ) : (
            <Num value={balance[key]} digits={digits} />
          )}
        </div>
      ))}
    </div>
  )
}

export function EquityPanel(): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const balance = useMainBalance()
  const phase = balances.use((state) => state.phase)
  const { equity, equityPhase } = useCatalogue()
  const change = useChangeToday()
  return (
    <Panel
      title={t('equity.title')}
      phase={phase}
      className="equity-panel"
      acts={change !== undefined && <Pnl value={change.percent} suffix=" %" />}
    >
      {balance === undefined ? (
        phase.kind === 'loading' ? (
          <Skeleton rows={4} />
        ) : (
          <Empty text={t('equity.empty')} />
        )
      ) : (
        <>
          <div className="big-figure">
            <Num value={balance.equity} digits={moneyDigits(balance.currency)} unit={balance.currency} />
          </div>
          {equityPhase.kind === 'error' ? (
            <p className="refusal">{t('equity.failed', { message: equityPhase.message })}</p>
          ) : (
            <EquityPlot points={equity} label={t('equity.curve', { n: numbers.count(equity.length) })} />
          )}
          <Figures balance={balance} />
        </>
      )}
    </Panel>
  )
}
