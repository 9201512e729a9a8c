/** Where time comes from. `now` is UTC milliseconds for records; `elapsed` is monotonic milliseconds for durations and deadlines. */
export interface Clock {
  now(): number
  elapsed(): number
}

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  elapsed: () => performance.now(),
})
