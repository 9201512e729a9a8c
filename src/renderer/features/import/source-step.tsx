import type { FormEvent, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportRunsView } from '#contract/import.ts'
import { monthTime } from '#renderer/format/time.ts'
import { Button, TextField } from '#renderer/ui/controls.tsx'
import { PasswordField } from './password-field.tsx'
import { Problem } from './problem.tsx'
import { isAddress, useImportActs, useImports } from './use-imports.ts'
import { goTo, openRun, useWizard, write } from './wizard.ts'

const ZONES: readonly string[] = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]

/** Where the history lies. */
export function SourceStep(): ReactNode {
  const { t } = useTranslation()
  const form = useWizard((state) => state.form)
  const runs = useImports((state) => state.runs)
  const acts = useImportActs()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void acts.inspect().then((found) => found && goTo('look'))
  }
  const zoneWrong = ZONES.includes(form.timeZone) ? undefined : t('import.zone_wrong')
  return (
    <div className="wizard-columns">
      <form className="wizard-form" id="wizard-source-form" onSubmit={submit}>
        <p className="wizard-lead">{t('import.source_lead')}</p>
        <TextField
          label={t('import.source')}
          hint={t('import.source_hint')}
          data-testid="import-source"
          placeholder="/backups/v2_full_backup.dump"
          value={form.source}
          onChange={(event) => write({ source: event.target.value })}
        />
        {isAddress(form.source) && <PasswordField />}
        <TextField
          label={t('import.folder')}
          hint={t('import.folder_hint')}
          data-testid="import-folder"
          placeholder="/home/me/bot_trading_v2"
          value={form.v2Directory}
          onChange={(event) => write({ v2Directory: event.target.value })}
        />
        <TextField
          label={t('import.zone')}
          hint={t('import.zone_hint')}
          error={zoneWrong}
          list="import-zones"
          data-testid="import-zone"
          value={form.timeZone}
          onChange={(event) => write({ timeZone: event.target.value })}
        />
        <datalist id="import-zones">
          {ZONES.map((zone) => (
            <option key={zone} value={zone}>
              {zone}
            </option>
          ))}
        </datalist>
        <Problem text={acts.problem} />
        <div className="wizard-acts">
          <Button
            type="submit"
            kind="primary"
            data-testid="import-inspect"
            disabled={acts.busy || form.source.trim() === '' || zoneWrong !== undefined}
          >
            {t(acts.busy ? 'import.looking' : 'import.look_at')}
          </Button>
        </div>
      </form>
      <aside className="wizard-aside">
        <Found runs={runs} />
        <Earlier runs={runs} />
      </aside>
    </div>
  )
}

function Found({ runs }: { readonly runs: ImportRunsView | undefined }): ReactNode {
  const { t } = useTranslation()
  const found = runs?.found ?? []
  return (
    <section aria-label={t('import.found')}>
      <h3>{t('import.found')}</h3>
      {found.length === 0 && <p className="dim">{t('import.found_nothing')}</p>}
      <ul className="wizard-list">
        {found.map(({ path, why }) => (
          <li key={path}>
            <span className="wizard-path" title={path}>
              {path}
            </span>
            <span className="faint">{t(`import.found_why.${why}`)}</span>
            <Button
              size="small"
              onClick={() => write({ source: path, ...(why === 'found' ? { v2Directory: path } : {}) })}
              aria-label={t('import.use_path', { path })}
            >
              {t('import.use')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Earlier({ runs }: { readonly runs: ImportRunsView | undefined }): ReactNode {
  const { t } = useTranslation()
  const items = runs?.items ?? []
  return (
    <section aria-label={t('import.earlier')} data-testid="import-earlier">
      <h3>{t('import.earlier')}</h3>
      {items.length === 0 && <p className="dim">{t('import.earlier_none')}</p>}
      <ul className="wizard-list">
        {items.map((run) => (
          <li key={run.id}>
            <time className="num dim" dateTime={new Date(run.started_at).toISOString()}>
              {monthTime(run.started_at)}
            </time>
            <span className="wizard-path" title={run.source}>
              {run.source}
            </span>
            <span className="faint">{t(`import.run_state.${run.state}`)}</span>
            <Button
              size="small"
              onClick={() => openRun(run, run.state === 'interrupted' || run.state === 'running' ? 'bring' : 'prove')}
              aria-label={t(run.state === 'interrupted' ? 'import.go_on_run' : 'import.open_run', { id: run.id })}
            >
              {t(run.state === 'interrupted' ? 'import.go_on' : 'import.open')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
