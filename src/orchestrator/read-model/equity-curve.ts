import type { EquityPoint } from '#contract/views.ts'

export interface EquityCurveState {
  readonly points: readonly EquityPoint[]
  readonly stride: number
  readonly marks: number
}

/** Points of equity over time. When full, every second one goes and half as many are taken from then on. The last is always there. */
export class EquityCurve {
  readonly #max: number
  #points: EquityPoint[]
  /** Of so many marks one becomes a lasting point. */
  #stride: number
  #marks: number

  constructor(max: number, saved?: EquityCurveState) {
    this.#max = max
    this.#points = [...(saved?.points ?? [])]
    this.#stride = saved?.stride ?? 1
    this.#marks = saved?.marks ?? 0
  }

  save(): EquityCurveState {
    return { points: this.#points, stride: this.#stride, marks: this.#marks }
  }

  add(point: EquityPoint): void {
    const last = this.#points.at(-1)
    if (last?.ts === point.ts) {
      this.#points[this.#points.length - 1] = point
      return
    }
    const lastStays = (this.#marks - 1) % this.#stride === 0
    if (last !== undefined && !lastStays) this.#points.pop()
    this.#points.push(point)
    this.#marks += 1
    if (this.#points.length >= this.#max) this.#halve()
  }

  /** The last point at or before `ts`. */
  at(ts: number): EquityPoint | undefined {
    return this.#points.findLast((point) => point.ts <= ts)
  }

  get size(): number {
    return this.#points.length
  }

  /** At most `count` points, evenly chosen, oldest first; the last is the latest mark. */
  sample(count: number): EquityPoint[] {
    const length = this.#points.length
    if (count <= 0) return []
    if (length <= count) return [...this.#points]
    const step = (length - 1) / Math.max(1, count - 1)
    return Array.from({ length: count }, (_, i) => this.#points[count === 1 ? length - 1 : Math.round(i * step)]).filter(
      (point) => point !== undefined,
    )
  }

  #halve(): void {
    const last = this.#points.length - 1
    this.#points = this.#points.filter((_, i) => i % 2 === 0 || i === last)
    this.#stride *= 2
  }
}
