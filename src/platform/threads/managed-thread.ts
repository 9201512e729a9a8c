import { Worker, type ResourceLimits, type Transferable } from 'node:worker_threads'
import { failpointEnvironment } from '../failpoint.ts'

export interface ThreadExit {
  readonly exitCode: number
  /** Undefined when it ended by itself. */
  readonly error: Error | undefined
}

/** A worker thread with typed messages. Its end is always heard: `exited` settles once, whatever the reason. */
export interface ManagedThread<In, Out> {
  readonly exited: Promise<ThreadExit>
  post(message: In, transfer?: readonly Transferable[]): void
  onMessage(listener: (message: Out) => void): void
  terminate(): Promise<void>
}

export interface ThreadOptions {
  readonly url: URL
  /** Shown by debuggers. */
  readonly name: string
  readonly resourceLimits?: ResourceLimits
  /** Nothing of the process's environment is passed unless it is named here: it may hold keys. */
  readonly env?: Readonly<Record<string, string>>
  readonly workerData?: unknown
  readonly transferList?: Transferable[]
}

export function startThread<In, Out>(options: ThreadOptions): ManagedThread<In, Out> {
  const worker = new Worker(options.url, {
    name: options.name,
    env: { ...failpointEnvironment(), ...options.env },
    workerData: options.workerData,
    transferList: options.transferList ?? [],
    ...(options.resourceLimits === undefined ? {} : { resourceLimits: options.resourceLimits }),
  })
  let error: Error | undefined
  worker.on('error', (thrown: unknown) => {
    error = thrown instanceof Error ? thrown : new Error(String(thrown))
  })
  const exited = new Promise<ThreadExit>((resolve) => {
    worker.once('exit', (exitCode) => resolve({ exitCode, error }))
  })
  return {
    exited,
    post: (message, transfer) => worker.postMessage(message, transfer ?? []),
    onMessage: (listener) => worker.on('message', listener),
    terminate: async () => {
      await worker.terminate()
    },
  }
}
