/** What a test does to the venue's answers. `after`: the request has been carried out, and only its answer goes wrong. */
export type FaultAction =
  | { readonly kind: 'delay'; readonly when: 'before' | 'after'; readonly ms: number }
  /** The connection ends without an answer. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  /** No answer ever. */
  | { readonly kind: 'hang'; readonly when: 'before' | 'after' }
  | {
      readonly kind: 'status'
      readonly when: 'before' | 'after'
      readonly status: number
      readonly body?: string | undefined
      readonly headers?: Readonly<Record<string, string>> | undefined
    }
  /** A code of the venue instead of the truth. */
  | { readonly kind: 'code'; readonly when: 'before' | 'after'; readonly retCode: number; readonly retMsg: string }
  | { readonly kind: 'garbage'; readonly when: 'before' | 'after' }

export interface FaultRule {
  /** Exact path, `/v5/order/create` say; `*` is every private path. */
  readonly path: string
  readonly times: number
  readonly action: FaultAction
}

export interface VenueConditions {
  /** Nobody can connect. */
  isOffline: boolean
  /** New orders and executions are invisible to queries for this long. */
  lagMs: number
  /** The venue's clock against this machine's. */
  clockOffsetMs: number
  /** Order requests of one kind a second; more are refused with 10006. */
  ordersPerSecond: number
}

export class FaultBox {
  #rules: { readonly path: string; left: number; readonly action: FaultAction }[] = []
  readonly conditions: VenueConditions = { isOffline: false, lagMs: 0, clockOffsetMs: 0, ordersPerSecond: 10_000 }

  add({ path, times, action }: FaultRule): void {
    this.#rules.push({ path, left: times, action })
  }

  clear(): void {
    this.#rules = []
  }

  get left(): number {
    return this.#rules.reduce((sum, rule) => sum + rule.left, 0)
  }

  /** The oldest rule for this request; used up once. */
  take(path: string): FaultAction | undefined {
    const rule = this.#rules.find((each) => each.left > 0 && (each.path === path || each.path === '*'))
    if (rule === undefined) return undefined
    rule.left -= 1
    return rule.action
  }
}
