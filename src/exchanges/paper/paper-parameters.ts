/** How the paper exchange behaves. Whole numbers only, so that nothing depends on float rounding. See `docs/paper-exchange.md`. */
export interface PaperParameters {
  /** From the decision to the arrival at the book, milliseconds. */
  readonly latencyBaseMs: number
  /** Added to it, 0..n milliseconds, seeded by the order's id. */
  readonly latencyJitterMs: number
  /** Half the distance between bid and ask, in hundredths of a basis point of the price; at least one tick. */
  readonly halfSpreadCentiBps: number
  /** Distance between two levels of the synthetic book, in hundredths of a basis point; at least one tick. */
  readonly levelStepCentiBps: number
  readonly bookLevels: number
  /** Share of a bar's volume that all our orders together may take, in thousandths. */
  readonly participationPermille: number
  /** Chance that a limit order fills when the price only touches it, in thousandths. */
  readonly touchFillPermille: number
  /** An order that arrives within this of a bar's open is given the open; a later one only the close. Milliseconds. */
  readonly openToleranceMs: number
}

export const DEFAULT_PAPER_PARAMETERS: PaperParameters = Object.freeze({
  latencyBaseMs: 40,
  latencyJitterMs: 80,
  halfSpreadCentiBps: 50,
  levelStepCentiBps: 50,
  bookLevels: 8,
  participationPermille: 100,
  touchFillPermille: 300,
  openToleranceMs: 1_000,
})
