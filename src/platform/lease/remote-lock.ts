/** A lock that other machines see too. Taken once; never taken again by itself. */
export interface RemoteLock {
  /** Undefined when it is ours now; else who has it, as far as that is known. Throws `AppError` when it cannot be asked. */
  take(key: string): Promise<string | undefined>
  /** Why it is no longer ours; undefined while it is. Never throws: what cannot be asked is lost. */
  check(): Promise<string | undefined>
  release(): Promise<void>
}
