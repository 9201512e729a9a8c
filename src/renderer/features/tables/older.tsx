import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { ROWS_MAX } from '#renderer/state/rows.ts'
import type { RowsStore } from '#renderer/state/rows.ts'
import { Button } from '#renderer/ui/controls.tsx'
import { useAct } from '#renderer/ui/use-act.ts'

const PAGE = 1_000

interface Page<T> {
  readonly items: readonly T[]
  readonly next_cursor: string | null
}

interface OlderProps<T extends { readonly seq: number }> {
  readonly store: RowsStore<T>
  readonly load: (query: { limit: number; cursor?: string }) => Promise<Page<T>>
}

/** The end of a list: brings the next older page until the bound is reached or nothing older is left. */
export function Older<T extends { readonly seq: number }>({ store, load }: OlderProps<T>): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const act = useAct()
  const [busy, setBusy] = useState(false)
  const cursor = store.use((state) => state.olderCursor)
  const full = store.use((state) => state.rows.length >= ROWS_MAX)

  const more = async (): Promise<void> => {
    const oldest = store.use.getState().rows.at(-1)
    setBusy(true)
    const from = cursor ?? (oldest === undefined ? undefined : String(oldest.seq))
    const page = await act('load', () => load({ limit: PAGE, ...(from === undefined ? {} : { cursor: from }) }))
    if (page !== undefined) store.addOlder(page.items, page.next_cursor)
    setBusy(false)
  }
  return (
    <div className="table-end">
      {full ? (
        <span className="faint">{t('table.kept', { n: numbers.count(ROWS_MAX) })}</span>
      ) : cursor === null ? (
        <span className="faint">{t('table.all_loaded')}</span>
      ) : (
        <Button kind="quiet" size="small" disabled={busy} onClick={() => void more()}>
          {busy ? t('table.older_loading') : t('table.older')}
        </Button>
      )}
    </div>
  )
}
