/** A broken promise: which, and what was seen. */
export class Violation extends Error {
  /** `I1` … `I18`, `L1` … `L7`, or a name of its own. */
  readonly invariant: string

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.name = 'Violation'
    this.invariant = invariant
  }
}

export function demand(holds: boolean, invariant: string, message: () => string): asserts holds {
  if (!holds) throw new Violation(invariant, message())
}
