import { useCallback, useEffect, useState } from 'react'
import { create } from 'zustand'
import type { ImportJobView, ImportLookView, ImportRequest, ImportRunDetail, ImportRunsView, SourceRequest } from '#contract/import.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { toFailure } from '#renderer/client/failure.ts'
import type { Api } from '#renderer/client/workstation-client.ts'
import type { Phase } from '#renderer/state/rows.ts'
import { useFailureText } from '#renderer/ui/use-act.ts'
import { restore, useWizard, type WizardForm, write } from './wizard.ts'

const BUSY_EVERY_MS = 500
const IDLE_EVERY_MS = 5_000

interface Imports {
  readonly phase: Phase
  readonly runs: ImportRunsView | undefined
  readonly look: ImportLookView | undefined
  readonly run: ImportRunDetail | undefined
}

/** What the workstation says about imports. It has no channel of the stream, so it is asked. */
export const useImports = create<Imports>(() => ({ phase: { kind: 'loading' }, runs: undefined, look: undefined, run: undefined }))

let seenAt = 0

async function refresh(api: Api): Promise<void> {
  const before = useImports.getState()
  try {
    const runs = await api.import.runs()
    const ended = isBusy(before.runs) && !isBusy(runs)
    const look = before.look === undefined || ended ? await api.import.look() : before.look
    seenAt = Date.now()
    useImports.setState({ runs, look, phase: { kind: 'live' } })
    if (!useWizard.getState().restored) useWizard.setState(restore(runs, look))
  } catch (error) {
    const message = toFailure(error).message
    useImports.setState({ phase: before.runs === undefined ? { kind: 'error', message } : { kind: 'stale', since: seenAt } })
  }
}

export function isBusy(runs: ImportRunsView | undefined): boolean {
  return runs?.current?.state === 'running'
}

/** Asks while the wizard is open: often while something is under way. */
export function usePolling(): void {
  const { api } = useClient()
  const busy = useImports((state) => isBusy(state.runs))
  useEffect(() => {
    let isOpen = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const again = async (): Promise<void> => {
      await refresh(api)
      if (isOpen) timer = setTimeout(() => void again(), isBusy(useImports.getState().runs) ? BUSY_EVERY_MS : IDLE_EVERY_MS)
    }
    void again()
    return () => {
      isOpen = false
      clearTimeout(timer)
    }
  }, [api, busy])
}

/** The report of one run; asked again when a job of it has ended. */
export function useRunDetail(id: string | undefined): { readonly run: ImportRunDetail | undefined; readonly problem: string | undefined } {
  const { api } = useClient()
  const job = useImports((state) => state.runs?.current ?? null)
  const turn = job?.run_id === id ? `${job?.kind ?? ''} ${job?.state ?? ''}` : ''
  const run = useImports((state) => (state.run?.id === id ? state.run : undefined))
  const [problem, setProblem] = useState<string | undefined>(undefined)
  useEffect(() => {
    if (id === undefined) return undefined
    let wanted = true
    api.import.get({ id }).then(
      (detail) => {
        if (!wanted) return
        useImports.setState({ run: detail })
        setProblem(undefined)
      },
      (error: unknown) => wanted && setProblem(toFailure(error).message),
    )
    return () => {
      wanted = false
    }
  }, [api, id, turn])
  return { run, problem }
}

export interface ImportActs {
  readonly busy: boolean
  /** Of the last act, in words. */
  readonly problem: string | undefined
  /** Whether it went well. */
  readonly inspect: () => Promise<boolean>
  readonly analyse: () => Promise<boolean>
  readonly start: (dryRun: boolean) => Promise<ImportJobView | undefined>
  readonly verify: (id: string) => Promise<boolean>
  readonly rollback: (id: string) => Promise<boolean>
  readonly cancel: () => Promise<boolean>
}

/** What a person may do; a failure stays on the page it belongs to. */
export function useImportActs(): ImportActs {
  const { api } = useClient()
  const words = useFailureText()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const run = useCallback(
    async <T>(call: () => Promise<T>): Promise<T | undefined> => {
      setBusy(true)
      setProblem(undefined)
      try {
        const answer = await call()
        await refresh(api)
        return answer
      } catch (error) {
        setProblem(words(error))
        await refresh(api)
        return undefined
      } finally {
        setBusy(false)
      }
    },
    [api, words],
  )
  const done = (call: () => Promise<unknown>): Promise<boolean> => run(call).then((answer) => answer !== undefined)
  const { password } = useWizard.getState().form
  const secret = password === '' ? {} : { password }
  return {
    busy,
    problem,
    inspect: () =>
      done(async () => {
        const source = await api.import.inspect(sourceOf(useWizard.getState().form))
        useImports.setState({ look: await api.import.look() })
        // A source that is itself the folder of version 2 names it too.
        if (source.folder !== null) write({ v2Directory: source.folder.path })
        return source
      }),
    analyse: () =>
      done(() => {
        const { form } = useWizard.getState()
        return api.import.analyse({ ...sourceOf(form), time_zone: form.timeZone })
      }),
    start: (dryRun) => run(() => api.import.start(requestOf(useWizard.getState().form, dryRun))),
    verify: (id) => done(() => api.import.verify({ id, ...secret })),
    rollback: (id) => done(() => api.import.rollback({ id })),
    cancel: () => done(() => api.import.cancel({ id: 'current' })),
  }
}

function sourceOf({ source, password, v2Directory }: WizardForm): SourceRequest {
  return {
    source,
    ...(v2Directory.trim() === '' ? {} : { v2_directory: v2Directory }),
    ...(password === '' || !isAddress(source) ? {} : { password }),
  }
}

function requestOf(form: WizardForm, dryRun: boolean): ImportRequest {
  return { ...sourceOf(form), time_zone: form.timeZone, steps: [...form.steps], dry_run: dryRun }
}

export function isAddress(source: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(source.trim())
}
