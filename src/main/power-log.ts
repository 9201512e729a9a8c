import type { PowerMonitor } from 'electron'
import type { Logger } from '#platform/log/logger.ts'

/** Sleep stops every clock of ours and every connection; the log must say so, or the gap afterwards is a riddle. */
export function logPower(powerMonitor: PowerMonitor, onResume: () => void, logger: Logger): void {
  powerMonitor.on('suspend', () => logger.warn({}, 'the machine goes to sleep; nothing is watched until it wakes'))
  powerMonitor.on('resume', () => {
    logger.warn({}, 'the machine woke up')
    onResume()
  })
  powerMonitor.on('on-battery', () => logger.info({}, 'the machine runs on battery'))
  powerMonitor.on('on-ac', () => logger.info({}, 'the machine runs on mains'))
}
