import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useRequests } from '#renderer/state/requests.ts'
import { Button } from '#renderer/ui/controls.tsx'
import { Dialog } from '#renderer/ui/dialog.tsx'
import { Empty, Guard, Skeleton, StaleMark } from '#renderer/ui/panel.tsx'
import { AnalyseStep } from './analyse-step.tsx'
import { BringStep } from './bring-step.tsx'
import { ChooseStep } from './choose-step.tsx'
import { HandOverStep } from './hand-over-step.tsx'
import { LookStep } from './look-step.tsx'
import { MeasureStep } from './measure-step.tsx'
import { ProveStep } from './prove-step.tsx'
import { SourceStep } from './source-step.tsx'
import { Stepper } from './stepper.tsx'
import { TryStep } from './try-step.tsx'
import { useFindings } from './use-findings.ts'
import { useImports, usePolling, useRunDetail } from './use-imports.ts'
import { useWizard } from './wizard.ts'

function close(): void {
  useRequests.setState({ import: false })
}

function Step(): ReactNode {
  const step = useWizard((state) => state.step)
  switch (step) {
    case 'source':
      return <SourceStep />
    case 'look':
      return <LookStep />
    case 'analyse':
      return <AnalyseStep />
    case 'choose':
      return <ChooseStep />
    case 'try':
      return <TryStep />
    case 'bring':
      return <BringStep />
    case 'prove':
      return <ProveStep />
    case 'measure':
      return <MeasureStep />
    case 'hand_over':
      return <HandOverStep onClose={close} />
  }
}

function Body(): ReactNode {
  const { t } = useTranslation()
  usePolling()
  const { step, restored, runId } = useWizard()
  const phase = useImports((state) => state.phase)
  useRunDetail(runId)
  const findings = useFindings()
  const body = useRef<HTMLDivElement>(null)
  // Who walks by keyboard goes on in the new step, not at its end.
  useEffect(() => body.current?.focus(), [step])
  if (phase.kind === 'error')
    return (
      <Empty text={t('import.failed', { message: phase.message })}>
        <Button onClick={close}>{t('import.finish')}</Button>
      </Empty>
    )
  return (
    <>
      <div className="wizard-head">
        <Stepper findings={findings} />
        <StaleMark phase={phase} />
      </div>
      <div className="wizard-body" ref={body} tabIndex={-1} data-testid={restored ? `wizard-body-${step}` : undefined}>
        {restored ? (
          <Guard key={step}>
            <Step />
          </Guard>
        ) : (
          <Skeleton rows={8} />
        )}
      </div>
    </>
  )
}

/** Everything version 2 held, step by step, and back. */
export function ImportScreen(): ReactNode {
  const { t } = useTranslation()
  const open = useRequests((state) => state.import)
  if (!open) return null
  return (
    <Dialog open onClose={close} title={t('import.title')} full testId="import-screen" focusFirst="[data-testid=import-source]">
      <Body />
    </Dialog>
  )
}
