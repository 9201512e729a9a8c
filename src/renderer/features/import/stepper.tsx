import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { goTo, indexOf, useWizard, WIZARD_STEPS, type WizardStep } from './wizard.ts'
import type { Finding } from './use-findings.ts'

const NOTHING: Finding = { text: '', state: 'none' }

/** The steps from left to right, each with what it found. Those that were reached can be gone back to. */
export function Stepper({ findings }: { readonly findings: Readonly<Record<WizardStep, Finding>> }): ReactNode {
  const { t } = useTranslation()
  const step = useWizard((state) => state.step)
  const reached = useWizard((state) => state.reached)
  const restored = useWizard((state) => state.restored)
  return (
    <nav aria-label={t('import.steps')} className="wizard-steps">
      <ol>
        {WIZARD_STEPS.map((one, i) => {
          // What an earlier look at the same source found is not a finding of this one yet.
          const { text, state } = indexOf(one) > indexOf(reached) ? NOTHING : findings[one]
          return (
            <li key={one}>
              <button
                type="button"
                className="wizard-step"
                data-testid={`wizard-${one}`}
                data-state={state}
                aria-current={one === step ? 'step' : undefined}
                disabled={!restored || indexOf(one) > indexOf(reached)}
                onClick={() => goTo(one)}
              >
                <span className="wizard-step-name">
                  <span className="num faint">{i + 1}</span>
                  {t(`import.step.${one}`)}
                  {state !== 'none' && <span className="dot" data-state={state} aria-hidden="true" />}
                </span>
                <span className="wizard-step-finding" title={text}>
                  {text}
                </span>
              </button>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}
