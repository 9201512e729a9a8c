import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { SourceIdentityView } from '#contract/import.ts'
import { dateTime } from '#renderer/format/time.ts'
import { type Numbers, useNumbers } from '#renderer/format/use-numbers.tsx'
import { Button } from '#renderer/ui/controls.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Empty } from '#renderer/ui/panel.tsx'
import { Problem } from './problem.tsx'
import { sizeOf } from './size.ts'
import { useImportActs, useImports } from './use-imports.ts'
import { goTo } from './wizard.ts'

/** Facts that have words of their own above. */
const NAMED_FACTS: ReadonlySet<string> = new Set(['database', 'serverVersion', 'dumpVersion', 'createdAt'])

type TableRow = SourceIdentityView['tables'][number]

/** What the source says it is, before anything is done with it. */
export function LookStep(): ReactNode {
  const { t } = useTranslation()
  const source = useImports((state) => state.look?.source ?? undefined)
  const acts = useImportActs()
  if (source === undefined)
    return (
      <Empty text={t('import.look_nothing')}>
        <Button kind="primary" onClick={() => goTo('source')}>
          {t('import.step.source')}
        </Button>
      </Empty>
    )
  return (
    <>
      {source.damage !== null && (
        <p className="wizard-problem" role="alert" data-testid="import-damage">
          {source.damage}
        </p>
      )}
      <Problem text={acts.problem} />
      <div className="wizard-columns wizard-fill">
        <div className="wizard-scroll">
          <Identity source={source} />
          <Folder folder={source.folder} />
        </div>
        <Tables rows={source.tables} />
      </div>
      <div className="wizard-foot">
        <Button onClick={() => goTo('source')} data-testid="wizard-back">
          {t('import.back')}
        </Button>
        <Button
          kind="primary"
          disabled={acts.busy || source.damage !== null}
          data-testid="import-analyse"
          onClick={() => void acts.analyse().then((begun) => begun && goTo('analyse'))}
        >
          {t('import.analyse')}
        </Button>
      </div>
    </>
  )
}

function Identity({ source }: { readonly source: SourceIdentityView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const lines: readonly (readonly [string, string | null])[] = [
    [t('import.identity.what'), source.description],
    [t('import.identity.where'), source.location],
    [t('import.identity.host'), source.host === null ? null : `${source.host}:${source.port ?? ''}`],
    [t('import.identity.database'), source.database],
    [t('import.identity.server'), source.server_version],
    [t('import.identity.format'), source.format === source.description ? null : source.format],
    [t('import.identity.archive'), source.archive_version],
    ...source.files.map(
      (file) => [t('import.identity.file'), `${sizeOf(file.bytes, numbers)}, ${dateTime(file.modified_at)} UTC`] as const,
    ),
    [t('import.identity.dump_version'), source.facts['dumpVersion'] ?? null],
    [t('import.identity.created'), source.facts['createdAt'] ?? null],
    ...Object.entries(source.facts).filter(([name]) => !NAMED_FACTS.has(name)),
  ]
  return (
    <section aria-label={t('import.identity.title')} data-testid="import-identity">
      <h3>{t('import.identity.title')}</h3>
      <dl className="details">
        {lines.map(([name, value], i) =>
          value === null || value === '' ? null : (
            <div className="details-pair" key={`${i}:${name}`}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      {source.findings.map(({ rule, where, message }) => (
        <p key={`${rule}:${where}`} className="look-text">
          {message}
        </p>
      ))}
    </section>
  )
}

function Folder({ folder }: { readonly folder: SourceIdentityView['folder'] }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  if (folder === null) return <p className="dim">{t('import.no_folder')}</p>
  const parts = [
    ['settings', folder.settings],
    ['models', folder.models.map(({ file, bytes }) => `${file} (${sizeOf(bytes, numbers)})`)],
    ['scalers', folder.scalers.map(({ file }) => file)],
    ['strategies', folder.strategies],
    ['dumps', folder.dumps.map(({ path, description }) => `${path.slice(path.lastIndexOf('/') + 1)}: ${description}`)],
  ] as const
  return (
    <section aria-label={t('import.beside')} data-testid="import-folder-view">
      <h3>{t('import.beside')}</h3>
      <dl className="details">
        {parts.map(([name, files]) => (
          <div className="details-pair" key={name}>
            <dt>{t(`import.folder_part.${name}`)}</dt>
            <dd>{files.length === 0 ? <span className="faint">{t('import.none')}</span> : files.join('; ')}</dd>
          </div>
        ))}
      </dl>
      {folder.refused.map(({ path, message }) => (
        <p key={path} className="look-text">
          {message}
        </p>
      ))}
    </section>
  )
}

function tableColumns(t: TFunction, numbers: Numbers): readonly Column<TableRow>[] {
  return [
    { id: 'name', header: t('import.column.table'), width: 140, grow: 2, text: (row) => row.name },
    {
      id: 'rows',
      header: t('import.column.rows'),
      width: 90,
      align: 'end',
      text: (row) => (row.rows === null ? t('import.not_counted') : numbers.count(row.rows)),
      sort: (row) => row.rows ?? -1,
      cell: (row) =>
        row.rows === null ? (
          <span className="faint">{t('import.not_counted')}</span>
        ) : (
          <span className="num">{numbers.count(row.rows)}</span>
        ),
    },
    {
      id: 'columns',
      header: t('import.column.columns'),
      width: 80,
      align: 'end',
      text: (row) => String(row.columns),
      sort: (row) => row.columns,
      cell: (row) => <span className="num">{row.columns}</span>,
    },
  ]
}

function Tables({ rows }: { readonly rows: readonly TableRow[] }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null)
  const columns = useMemo(() => tableColumns(t, numbers), [t, numbers])
  return (
    <section className="wizard-pane" aria-label={t('import.tables')}>
      <header className="wizard-pane-head">
        <h3>{t('import.tables')}</h3>
        <div ref={setToolbar} />
      </header>
      <DataTable
        name="import-source-tables"
        label={t('import.tables')}
        columns={columns}
        rows={rows}
        rowId={(row) => row.name}
        phase={{ kind: 'live' }}
        empty={<Empty text={t('import.no_tables')} />}
        toolbar={toolbar}
        testId="import-source-tables"
      />
    </section>
  )
}
