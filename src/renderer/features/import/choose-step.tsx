import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { IMPORT_STEPS } from '#contract/import.ts'
import { Button, Check } from '#renderer/ui/controls.tsx'
import { Problem } from './problem.tsx'
import { useImportActs, useImports } from './use-imports.ts'
import { goTo, useWizard, write } from './wizard.ts'

/** What is to come across; then the dry run, which keeps nothing. */
export function ChooseStep(): ReactNode {
  const { t } = useTranslation()
  const form = useWizard((state) => state.form)
  const acts = useImportActs()
  const folder = useImports((state) => state.look?.source?.folder ?? null)
  const hasFolder = form.v2Directory.trim() !== '' || folder !== null
  const canTry = form.steps.some((step) => step === 'history' || hasFolder)
  return (
    <>
      <p className="wizard-lead">{t('import.choose_lead')}</p>
      <ul className="wizard-choices">
        {IMPORT_STEPS.map((step) => {
          const possible = step === 'history' || hasFolder
          return (
            <li key={step} data-off={!possible}>
              <Check
                label={t(`import.part.${step}`)}
                data-testid={`choose-${step}`}
                checked={possible && form.steps.includes(step)}
                disabled={!possible}
                onChange={(event) =>
                  write({ steps: IMPORT_STEPS.filter((one) => (one === step ? event.target.checked : form.steps.includes(one))) })
                }
              />
              <span className="dim">{possible ? t(`import.part_lead.${step}`) : t('import.needs_folder')}</span>
            </li>
          )
        })}
      </ul>
      <p className="dim">{t('import.untouched')}</p>
      <Problem text={acts.problem} />
      <div className="wizard-foot">
        <Button onClick={() => goTo('analyse')} data-testid="wizard-back">
          {t('import.back')}
        </Button>
        <Button
          kind="primary"
          disabled={acts.busy || !canTry}
          data-testid="import-try"
          onClick={() => void acts.start(true).then((job) => job !== undefined && goTo('try'))}
        >
          {t('import.try')}
        </Button>
      </div>
    </>
  )
}
