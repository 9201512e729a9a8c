import { createPolled } from './polled.ts'

/** The post-migration checklist. */
export const {
  useStore: useChecklist,
  usePolling: useChecklistPolling,
  useActs: useChecklistActs,
} = createPolled(
  (api) => api.checklist.get(),
  ({ running }) => running !== null,
)
