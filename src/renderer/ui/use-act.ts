import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'
import { toFailure } from '#renderer/client/failure.ts'
import type { en } from '#renderer/i18n/en.ts'

type ActKind = keyof (typeof en)['failure']['title']

/** Words for a failed call: the workstation's own, or what is not known when it did not answer. */
export function useFailureText(): (error: unknown) => string {
  const { t } = useTranslation()
  return useCallback(
    (error) => {
      const failure = toFailure(error)
      if (failure.kind === 'unreachable' || failure.kind === 'timeout' || failure.kind === 'unauthorized')
        return t(`failure.${failure.kind}`)
      return failure.message
    },
    [t],
  )
}

/** Runs a call and says how it ended. Answers undefined when it failed; the failure has been shown. */
export function useAct(): <T>(kind: ActKind, call: () => Promise<T>, done?: (result: T) => string) => Promise<T | undefined> {
  const { t } = useTranslation()
  const words = useFailureText()
  return useCallback(
    async (kind, call, done) => {
      try {
        const result = await call()
        if (done !== undefined) toast(done(result))
        return result
      } catch (error) {
        toast.error(t(`failure.title.${kind}`), { description: words(error), duration: 15_000 })
        return undefined
      }
    },
    [t, words],
  )
}
