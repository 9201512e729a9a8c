import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { JobMessage, JobRequest } from './job.messages.ts'

const JOB = fileURLToPath(new URL('./job.ts', import.meta.url))
/** Seeds are many, but no run lasts longer. */
const DEADLINE_MS = 3_600_000

/** Runs one request in a process of its own; resolves when it has ended. A process that dies counts as broken. */
export function runJob(request: JobRequest, onMessage: (message: JobMessage) => void): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(JOB, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
    let isDone = false
    child.on('message', (message: JobMessage) => {
      if (message.type === 'done') isDone = true
      onMessage(message)
    })
    child.on('error', (error) => onMessage({ type: 'broken', message: error.message }))
    child.on('exit', (code, signal) => {
      clearTimeout(deadline)
      if (!isDone && code !== 0) onMessage({ type: 'broken', message: `a process of the simulation ended with ${code ?? signal}` })
      resolve()
    })
    child.send(request)
  })
}

export async function runJobs(requests: readonly JobRequest[], onMessage: (message: JobMessage) => void): Promise<void> {
  await Promise.all(requests.map((request) => runJob(request, onMessage)))
}
