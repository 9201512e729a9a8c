/** Comes with the thread. */
export interface StrategyCheckOrder {
  readonly name: string
  /** Of strategies that are files. */
  readonly directory: string
}

/** The one answer. */
export interface StrategyCheckResult {
  readonly isLoaded: boolean
  /** What the strategy says of itself, or why it was not loaded. */
  readonly words: string
  readonly ms: number
}
