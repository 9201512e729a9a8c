import { create } from 'zustand'
import type { ImportJobView, ImportLookView, ImportRunsView, ImportRunView, ImportStep } from '#contract/import.ts'
import { IMPORT_STEPS } from '#contract/import.ts'

/** The wizard from left to right. */
export const WIZARD_STEPS = ['source', 'look', 'analyse', 'choose', 'try', 'bring', 'prove', 'measure', 'hand_over'] as const
export type WizardStep = (typeof WIZARD_STEPS)[number]

/** What a person has written. The password lives in this page only and is sent, never stored. */
export interface WizardForm {
  readonly source: string
  readonly password: string
  readonly v2Directory: string
  readonly timeZone: string
  readonly steps: readonly ImportStep[]
}

export interface Wizard {
  readonly step: WizardStep
  /** The farthest step that has been opened for this source. */
  readonly reached: WizardStep
  readonly form: WizardForm
  /** The run that is proven or taken back. */
  readonly runId: string | undefined
  /** The server was asked where this person had got to. */
  readonly restored: boolean
}

const FIRST: Wizard = {
  step: 'source',
  reached: 'source',
  form: { source: '', password: '', v2Directory: '', timeZone: 'UTC', steps: IMPORT_STEPS },
  runId: undefined,
  restored: false,
}

/** Outlives the panel: closing and opening it leads back to the same place. */
export const useWizard = create<Wizard>(() => FIRST)

export function indexOf(step: WizardStep): number {
  return WIZARD_STEPS.indexOf(step)
}

export function goTo(step: WizardStep): void {
  useWizard.setState((state) => ({ step, reached: indexOf(step) > indexOf(state.reached) ? step : state.reached }))
}

/** Another source is another story: what was found about the last one does not hold for it. */
export function write(change: Partial<WizardForm>): void {
  useWizard.setState((state) => {
    // What was left out for another source may be wanted of this one.
    const steps = change.source === undefined || change.source === state.form.source ? state.form.steps : IMPORT_STEPS
    const form = { ...state.form, steps, ...change }
    const isOther =
      form.source !== state.form.source || form.v2Directory !== state.form.v2Directory || form.timeZone !== state.form.timeZone
    return { form, ...(isOther ? { reached: state.step, runId: undefined } : {}) }
  })
}

/** Opens what a finished or interrupted run was about. */
export function openRun(run: ImportRunView, step: WizardStep): void {
  useWizard.setState((state) => ({ step, reached: 'hand_over', runId: run.id, form: formOf(run, state.form), restored: true }))
}

export function startAnew(): void {
  useWizard.setState({ ...FIRST, restored: true })
}

type About = Pick<ImportJobView, 'source' | 'v2_directory' | 'time_zone' | 'steps'>

function formOf({ source, v2_directory, time_zone, steps }: About, before: WizardForm): WizardForm {
  return {
    source,
    password: before.source === source ? before.password : '',
    v2Directory: v2_directory ?? '',
    timeZone: time_zone,
    steps: steps.length === 0 ? before.steps : steps,
  }
}

/** Where a job is watched. */
export function stepOfJob({ kind, dry_run }: Pick<ImportJobView, 'kind' | 'dry_run'>): WizardStep {
  if (kind === 'analyse') return 'analyse'
  if (kind === 'verify') return 'prove'
  if (kind === 'rollback') return 'hand_over'
  return dry_run ? 'try' : 'bring'
}

/** Where a person had got to, by what the workstation remembers: a window that was closed changes nothing. */
export function restore(runs: ImportRunsView, look: ImportLookView): Wizard {
  const job = runs.current
  const interrupted = runs.items.find(({ state }) => state === 'interrupted' || state === 'running')
  if (job !== null) {
    const step = stepOfJob(job)
    const reached = step === 'analyse' ? 'analyse' : step === 'try' ? 'try' : 'hand_over'
    return { step, reached, runId: job.dry_run ? undefined : (job.run_id ?? undefined), form: formOf(job, FIRST.form), restored: true }
  }
  if (interrupted !== undefined)
    return { step: 'bring', reached: 'bring', runId: interrupted.id, form: formOf(interrupted, FIRST.form), restored: true }
  if (look.asked !== null) {
    const { source, v2_directory } = look.asked
    const step = look.analysis === null ? 'look' : 'analyse'
    return { ...FIRST, step, reached: step, form: { ...FIRST.form, source, v2Directory: v2_directory ?? '' }, restored: true }
  }
  return { ...FIRST, restored: true }
}
