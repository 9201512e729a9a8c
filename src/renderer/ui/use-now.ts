import { useEffect, useState } from 'react'

/** The wall clock in UTC milliseconds, for ages; ticks once a second unless told otherwise. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
