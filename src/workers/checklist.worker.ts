import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { Probe } from '#checklist/probe.ts'
import { type PlaceOrAbsence, runChecklist } from '#checklist/run-checklist.ts'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import type { ChecklistOrder, FromChecklist } from './checklist.messages.ts'

if (isMainThread || parentPort === null) throw new Error('checklist.worker.ts runs in a worker thread only')
const control = parentPort
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

function say(message: FromChecklist): void {
  control.postMessage(message)
}

function placeOf({ front, version, directory, database, isLoadAllowed }: ChecklistOrder): PlaceOrAbsence {
  return {
    ...('url' in front ? { probe: new Probe(front), absence: '' } : { probe: undefined, absence: front.absence }),
    version,
    directory,
    database: async () => {
      if ('connection' in database) return database.connection
      throw new AppError('POSTGRES_UNREACHABLE', database.absence)
    },
    workerUrl: (name) => new URL(`./${name}.worker${extension}`, import.meta.url),
    clock: systemClock,
    isLoadAllowed,
  }
}

const checklist = await runChecklist(placeOf(workerData as ChecklistOrder), {
  onCheck: (progress) => say({ type: 'Progress', ...progress }),
})
say({ type: 'Done', checklist })
control.close()
