import type { ReactNode } from 'react'
import { useState } from 'react'
import { RefreshCw } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { ReconciliationView } from '#contract/reconcile.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { clockTime, dateTime } from '#renderer/format/time.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import type { Phase } from '#renderer/state/rows.ts'
import { useSystem } from '#renderer/state/stores.ts'
import { Button } from '#renderer/ui/controls.tsx'
import { useAct } from '#renderer/ui/use-act.ts'

interface LastRunProps {
  readonly run: ReconciliationView | undefined
  readonly phase: Phase
  readonly now: number
}

/** When books and exchange were last compared, why, and what was looked at. */
export function LastRun({ run, phase, now }: LastRunProps): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const comparedAt = useSystem((state) => state.value?.reconcile.compared_at ?? null)
  const shut = useSystem((state) => state.value?.reconcile.entries_shut ?? null)
  return (
    <div className="last-run">
      <div className="last-run-words" data-testid="reconcile-last">
        {run === undefined ? (
          // Only an answer says that there was none.
          <span className="dim">{phase.kind === 'error' ? '' : t(phase.kind === 'loading' ? 'reconcile.asking' : 'reconcile.never')}</span>
        ) : (
          <>
            <span title={dateTime(run.ts)}>
              {t('reconcile.last', {
                age: numbers.age(now - run.ts),
                time: clockTime(run.ts),
                trigger: t(`reconcile.trigger.${run.trigger}`),
              })}
            </span>
            <span className="dim">
              {t('reconcile.compared', {
                orders: numbers.count(run.orders),
                positions: numbers.count(run.positions),
                fills: numbers.count(run.fills),
              })}
            </span>
            {comparedAt !== null && comparedAt > run.ts && (
              <span data-testid="reconcile-again">{t('reconcile.again', { age: numbers.age(Math.max(0, now - comparedAt)) })}</span>
            )}
            {run.recovered_fills > 0 && <span className="look-text">{t('reconcile.recovered', { count: run.recovered_fills })}</span>}
          </>
        )}
      </div>
      <span className="grow" />
      <RunButton />
      {shut !== null && (
        <p className="shut-note look-text" title={shut} data-testid="entries-shut">
          {t('reconcile.shut')}
        </p>
      )}
    </div>
  )
}

function RunButton(): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const numbers = useNumbers()
  const act = useAct()
  const [busy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    setBusy(true)
    await act(
      'reconcile',
      () => api.reconcile.run(),
      ({ run: done }) =>
        done === null
          ? t('reconcile.run_pending')
          : t('reconcile.ran', {
              orders: numbers.count(done.orders),
              positions: numbers.count(done.positions),
              fills: numbers.count(done.fills),
              open: numbers.count(done.open_differences),
            }),
    )
    setBusy(false)
  }
  return (
    <Button disabled={busy} data-testid="reconcile-run" onClick={() => void run()}>
      <RefreshCw size={13} aria-hidden="true" />
      {t('reconcile.run')}
    </Button>
  )
}
