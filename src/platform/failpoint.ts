import { AppError } from '#domain/errors.ts'

/** The lines at which a crash test may end the process. What each one proves stands beside its test in `test/crash`. */
export const FAILPOINTS = ['P0', 'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P11', 'P12', 'P13', 'P14', 'P15'] as const
export type Failpoint = (typeof FAILPOINTS)[number]

type Environment = Readonly<Record<string, string | undefined>>

interface Armed {
  readonly point: string
  readonly hit: number
}

/** `P4` or, for the third hit, `P4:3`. Threads count for themselves. */
function parse(text: string): Armed | undefined {
  const match = /^(P\d{1,2})(?::([1-9]\d{0,5}))?$/.exec(text)
  if (match === null || !FAILPOINTS.some((known) => known === match[1])) return undefined
  return { point: match[1] ?? '', hit: Number(match[2] ?? 1) }
}

function armedIn(env: Environment): Armed | undefined {
  return env['NODE_ENV'] === 'test' && env['FAILPOINT'] !== undefined ? parse(env['FAILPOINT']) : undefined
}

const armed = armedIn(process.env)
let hits = 0

/** Whether the process dies at this point; for a call that needs preparation. */
export function isArmed(point: Failpoint): boolean {
  return armed !== undefined && armed.point === point
}

/**
 * Ends the process here by SIGKILL when `FAILPOINT` names this point and `when` holds, at the hit it asks for. Nothing of
 * the process runs after that line. Without the variable it costs one comparison.
 */
export function failpoint(point: Failpoint, when?: () => boolean): void {
  if (armed === undefined || armed.point !== point || when?.() === false) return
  hits += 1
  if (hits === armed.hit) process.kill(process.pid, 'SIGKILL')
}

/** What a thread must be given of the environment so that its points work; empty outside of crash tests. */
export function failpointEnvironment(): Readonly<Record<string, string>> {
  return armed === undefined ? {} : { NODE_ENV: 'test', FAILPOINT: `${armed.point}:${armed.hit}` }
}

/** A program that trades must not carry a trap: throws `REFUSED` for a failpoint outside of tests, or one that does not exist. */
export function refuseStrayFailpoint(env: Environment): void {
  const text = env['FAILPOINT']
  if (text === undefined || armedIn(env) !== undefined) return
  throw new AppError(
    'REFUSED',
    `FAILPOINT=${text.slice(0, 20)} is set. It ends the process on purpose and works only with NODE_ENV=test and one of ${FAILPOINTS.join(', ')}. Nothing was started. Remove it from the environment.`,
  )
}
