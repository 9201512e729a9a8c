import type { ReactNode } from 'react'
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { toFailure } from '#renderer/client/failure.ts'
import { dateTime } from '#renderer/format/time.ts'
import type { Phase } from '#renderer/state/rows.ts'
import { useSystem } from '#renderer/state/stores.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { TimeCell } from './cells.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

const LIMIT = 500

/** Asked when the table opens and whenever the halt changes; it is not a stream. */
function useAudit(): { readonly rows: readonly AuditView[]; readonly phase: Phase } {
  const { api } = useClient()
  const halted = useSystem((state) => state.value?.halted?.since)
  const [rows, setRows] = useState<readonly AuditView[]>([])
  const [phase, setPhase] = useState<Phase>({ kind: 'loading' })
  useEffect(() => {
    let wanted = true
    api.audit.list({ limit: LIMIT }).then(
      ({ items }) => {
        if (!wanted) return
        setRows(items)
        setPhase({ kind: 'live' })
      },
      (error: unknown) => wanted && setPhase({ kind: 'error', message: toFailure(error).message }),
    )
    return () => {
      wanted = false
    }
  }, [api, halted])
  return { rows, phase }
}

function useAuditColumns(): readonly Column<AuditView>[] {
  const { t } = useTranslation()
  return useMemo(
    () => [
      {
        id: 'time',
        header: t('column.time'),
        width: 116,
        grow: 0.5,
        text: (row) => dateTime(row.ts),
        sort: (row) => row.ts,
        cell: (row) => <TimeCell ms={row.ts} />,
      },
      { id: 'actor', header: t('column.actor'), width: 100, text: (row) => row.actor },
      { id: 'action', header: t('column.audit_action'), width: 130, text: (row) => row.action },
      { id: 'target', header: t('column.target_of'), width: 120, text: (row) => row.target },
      { id: 'reason', header: t('column.reason'), width: 180, grow: 2, text: (row) => row.reason ?? '' },
      { id: 'before', header: t('column.before'), width: 120, grow: 2, text: (row) => row.before ?? '' },
      { id: 'after', header: t('column.after'), width: 120, grow: 2, text: (row) => row.after ?? '' },
    ],
    [t],
  )
}

export function AuditTable({ toolbar }: TableProps): ReactNode {
  const { t } = useTranslation()
  const { rows, phase } = useAudit()
  const columns = useAuditColumns()
  const [opened, setOpened] = useState<AuditView | undefined>(undefined)
  return (
    <>
      <DataTable
        name="audit"
        label={t('tabs.audit')}
        columns={columns}
        rows={rows}
        rowId={(row) => String(row.seq)}
        phase={phase}
        empty={<EmptyTable tab="audit" />}
        onOpen={setOpened}
        toolbar={toolbar}
        testId="audit-table"
      />
      <RowDetails title={t('tabs.audit')} row={opened} columns={columns} onClose={() => setOpened(undefined)} />
    </>
  )
}
