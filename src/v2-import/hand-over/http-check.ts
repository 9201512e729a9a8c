import { pause } from '#platform/deadline.ts'

const REQUEST_DEADLINE_MS = 5_000
const LOOK_AGAIN_MS = 500
const BODY_MAX = 65_536
const SHOWN_MAX = 200

/** What an address has to answer. The status alone says little: a proxy answers 200 for what is broken behind it. */
export interface HttpCheck {
  readonly url: string
  readonly status: number
  /** What the body holds. */
  readonly contains: string
  /** A program that starts is asked again until then. */
  readonly withinMs: number
}

export interface HttpCheckResult {
  readonly isMet: boolean
  /** The last answer, in words. */
  readonly words: string
}

/** Asks until the answer is as it should be, or the time is over. */
export async function checkHttp(check: HttpCheck, signal?: AbortSignal): Promise<HttpCheckResult> {
  const began = performance.now()
  for (;;) {
    const result = await askOnce(check)
    if (result.isMet || performance.now() - began + LOOK_AGAIN_MS > check.withinMs || signal?.aborted === true) return result
    await pause(LOOK_AGAIN_MS, signal)
  }
}

async function askOnce({ url, status, contains }: HttpCheck): Promise<HttpCheckResult> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(REQUEST_DEADLINE_MS) })
    const body = (await response.text()).slice(0, BODY_MAX)
    const isMet = response.status === status && body.includes(contains)
    return { isMet, words: `${url} answers HTTP ${response.status} ${body.slice(0, SHOWN_MAX)}` }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    return { isMet: false, words: `${url} does not answer: ${cause}` }
  }
}
