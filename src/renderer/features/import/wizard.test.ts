import { beforeEach, describe, expect, it } from 'vitest'
import { IMPORT_STEPS, type ImportJobView, type ImportRunsView } from '#contract/import.ts'
import { goTo, restore, startAnew, useWizard, write } from './wizard.ts'

const job: ImportJobView = {
  kind: 'import',
  state: 'running',
  run_id: 'run-1',
  dry_run: false,
  source: '/v2/full.dump',
  v2_directory: '/v2',
  time_zone: 'Europe/Moscow',
  steps: ['history'],
  started_at: 1,
  ended_at: null,
  progress: null,
  problem: null,
}
const nothing: ImportRunsView = { items: [], current: null, trial: null, target: { state: 'ready', detail: '' }, found: [] }
const noLook = { asked: null, source: null, analysis: null }
const placeOf = (change: Partial<ImportJobView>) => restore({ ...nothing, current: { ...job, ...change } }, noLook)

describe('a window that comes back', () => {
  it('opens where the job is that is under way, or was last', () => {
    expect(placeOf({})).toMatchObject({ step: 'bring', runId: 'run-1' })
    expect(placeOf({ dry_run: true })).toMatchObject({ step: 'try', runId: undefined })
    expect(placeOf({ kind: 'analyse' })).toMatchObject({ step: 'analyse', reached: 'analyse' })
    expect(placeOf({ kind: 'verify' }).step).toBe('prove')
    expect(placeOf({ kind: 'rollback', state: 'done' }).step).toBe('hand_over')
    expect(placeOf({}).form).toMatchObject({ source: '/v2/full.dump', v2Directory: '/v2', timeZone: 'Europe/Moscow', steps: ['history'] })
  })

  it('opens an interrupted run of before the restart, with all it needs to go on', () => {
    const { kind: _kind, run_id: _id, progress: _progress, problem: _problem, ...about } = job
    const place = restore({ ...nothing, items: [{ ...about, id: 'run-7', state: 'interrupted' }] }, noLook)
    expect(place).toMatchObject({ step: 'bring', runId: 'run-7', form: { source: '/v2/full.dump', steps: ['history'] } })
  })

  it('opens what was looked at, else at the beginning', () => {
    const look = { asked: { source: '/v2', v2_directory: null }, source: null, analysis: null }
    expect(restore(nothing, look)).toMatchObject({ step: 'look', form: { source: '/v2' } })
    expect(restore(nothing, noLook).step).toBe('source')
  })
})

describe('what was found about a source', () => {
  beforeEach(() => {
    startAnew()
    write({ source: '/a.dump', password: 'secret' })
    goTo('try')
    useWizard.setState({ runId: 'run-1' })
    goTo('source')
  })

  it('does not hold for another one', () => {
    write({ steps: ['history'] })
    write({ source: '/b.dump' })
    expect(useWizard.getState()).toMatchObject({ reached: 'source', runId: undefined, form: { steps: IMPORT_STEPS } })
  })

  it('stays while only the password or the parts change, and going back loses nothing', () => {
    write({ password: 'other', steps: ['history'] })
    expect(useWizard.getState()).toMatchObject({ step: 'source', reached: 'try', runId: 'run-1' })
  })
})
