import { format } from 'node:util'
import type { TraderLog } from '../trader.messages.ts'

/** Lines of a strategy that are passed on in one second; the rest is counted. */
const LINES_PER_SECOND_MAX = 20
const LINE_LENGTH_MAX = 1_000

/**
 * Turns this thread's `console` into log messages, so that a strategy's words reach the log and never the standard output
 * that other programs read.
 */
export function redirectConsole(send: (log: TraderLog) => void, elapsed: () => number): void {
  let second = 0
  let lines = 0
  const say =
    (level: TraderLog['level']) =>
    (...words: unknown[]) => {
      const now = Math.floor(elapsed() / 1_000)
      if (now !== second) {
        if (lines > LINES_PER_SECOND_MAX)
          send({
            type: 'Log',
            level: 'warn',
            message: `${lines - LINES_PER_SECOND_MAX} lines of the strategy were left out: more than ${LINES_PER_SECOND_MAX} in a second`,
          })
        second = now
        lines = 0
      }
      lines += 1
      if (lines <= LINES_PER_SECOND_MAX) send({ type: 'Log', level, message: format(...words).slice(0, LINE_LENGTH_MAX) })
    }
  Object.assign(globalThis.console, {
    debug: say('debug'),
    log: say('info'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    trace: say('debug'),
  })
}
