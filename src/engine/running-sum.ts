import * as fixed from '#domain/money/fixed.ts'
import type { Fixed } from '#domain/money/fixed.ts'

/** An exact sum that changes in place: it moves with every order and fill, and nobody keeps what it was. */
export class RunningSum {
  units = 0n
  scale = 0

  add(value: Fixed<string>, direction: 1 | -1): void {
    if (value.units === 0n) return
    if (value.scale > this.scale) {
      this.units = this.units * fixed.pow10(value.scale - this.scale)
      this.scale = value.scale
    }
    const units = fixed.unitsAt(value, this.scale)
    this.units = direction === 1 ? this.units + units : this.units - units
  }

  /** This sum and the other, added or taken away; neither changes. */
  plus(other: RunningSum, direction: 1 | -1): Fixed<'Sum'> {
    const own = fixed.make<'Sum'>(this.units, this.scale)
    const theirs = fixed.make<'Sum'>(other.units, other.scale)
    return direction === 1 ? fixed.add(own, theirs) : fixed.subtract(own, theirs)
  }
}
