import type { ComponentView } from '#contract/views.ts'
import type { Clock } from '#platform/clock.ts'

export type ComponentState = ComponentView['state']

/** What each part of the workstation was last seen doing. A verdict rests on evidence, and evidence has an age. */
export class ComponentBoard {
  readonly #rows = new Map<string, ComponentView>()
  readonly #clock: Clock
  readonly #onChange: () => void

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock
    this.#onChange = onChange
  }

  /** Notes what was seen just now. A change of state is told at once; fresh evidence alone is not. */
  see(name: string, state: ComponentState, evidence: string): void {
    const now = this.#clock.now()
    const before = this.#rows.get(name)
    const moved = before?.state !== state
    this.#rows.set(name, {
      name,
      state,
      evidence,
      evidence_ts: now,
      since: moved ? now : before.since,
      restarts: before?.restarts ?? 0,
    })
    if (moved) this.#onChange()
  }

  restarted(name: string): void {
    const row = this.#rows.get(name)
    if (row !== undefined) this.#rows.set(name, { ...row, restarts: row.restarts + 1 })
  }

  remove(name: string): void {
    if (this.#rows.delete(name)) this.#onChange()
  }

  state(name: string): ComponentState | undefined {
    return this.#rows.get(name)?.state
  }

  rows(): ComponentView[] {
    return [...this.#rows.values()]
  }
}
