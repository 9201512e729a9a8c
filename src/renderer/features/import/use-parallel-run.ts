import { createPolled } from './polled.ts'

/** The shadow of version 2. It looks each five seconds by itself: there is nothing to see in between. */
export const {
  useStore: useParallelRun,
  usePolling: useParallelRunPolling,
  useActs: useParallelRunActs,
} = createPolled(
  (api) => api.parallelRun.get(),
  () => false,
)
