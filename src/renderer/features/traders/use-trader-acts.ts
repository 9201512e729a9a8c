import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useClient } from '#renderer/client/client-context.tsx'
import { refreshTraders } from '#renderer/state/catalogue.ts'
import { useAct } from '#renderer/ui/use-act.ts'

export interface TraderActs {
  start(id: string): Promise<void>
  stop(id: string): Promise<void>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  remove(id: string): Promise<void>
}

/** The acts on one trader; each says how it ended and asks for the traders again. */
export function useTraderActs(): TraderActs {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  return useMemo(() => {
    const run = async (call: () => Promise<unknown>, done: string): Promise<void> => {
      await act('trader', call, () => done)
      await refreshTraders(api)
    }
    return {
      start: (id) => run(() => api.traders.start({ id }), t('traders.started', { id })),
      stop: (id) => run(() => api.traders.stop({ id }), t('traders.stopped', { id })),
      pause: (id) => run(() => api.traders.pause({ id }), t('traders.paused', { id })),
      resume: (id) => run(() => api.traders.resume({ id }), t('traders.resumed', { id })),
      remove: (id) => run(() => api.traders.remove({ id }), t('traders.removed', { id })),
    }
  }, [api, act, t])
}
