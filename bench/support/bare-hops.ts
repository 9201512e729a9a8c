import { once } from 'node:events'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { workspace } from './workspace.ts'

export type BareHopData =
  | { readonly role: 'engine'; readonly feed: MessagePort; readonly traders: readonly MessagePort[]; readonly journal: MessagePort }
  | { readonly role: 'trader'; readonly port: MessagePort }
  | { readonly role: 'journal'; readonly port: MessagePort; readonly path: string }

export interface BareHopLoad {
  readonly traders: number
  readonly perSecond: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

/**
 * What the machine allows for tick to order: numbers that go feed → engine → one of so many trader threads → engine → journal
 * (one page, one fsync) → engine → feed, by threads that do nothing else. Round trips in milliseconds.
 */
export async function bareHops({ traders, perSecond, seconds, warmUpSeconds }: BareHopLoad): Promise<readonly number[]> {
  using place = workspace()
  const workers: Worker[] = []
  const start = (data: BareHopData, transferList: MessagePort[]): void => {
    workers.push(new Worker(new URL('./bare-hop.worker.ts', import.meta.url), { workerData: data, transferList }))
  }
  const [feed, journal] = [new MessageChannel(), new MessageChannel()]
  const channels = Array.from({ length: traders }, () => new MessageChannel())
  for (const { port2 } of channels) start({ role: 'trader', port: port2 }, [port2])
  start({ role: 'journal', port: journal.port2, path: join(place.path, 'log') }, [journal.port2])
  const ends = channels.map(({ port1 }) => port1)
  start({ role: 'engine', feed: feed.port2, traders: ends, journal: journal.port1 }, [feed.port2, journal.port1, ...ends])

  await Promise.all(workers.map((worker) => once(worker, 'online')))

  const sentAt = new Map<number, number>()
  const latencies: number[] = []
  const began = performance.now()
  feed.port1.on('message', (n: number) => {
    const sent = sentAt.get(n)
    sentAt.delete(n)
    if (sent !== undefined && sent - began >= warmUpSeconds * 1_000) latencies.push(performance.now() - sent)
  })
  for (let n = 0; n < perSecond * seconds; ) {
    const due = Math.min(perSecond * seconds, Math.floor((performance.now() - began) * (perSecond / 1_000)))
    for (; n < due; n += 1) {
      sentAt.set(n, performance.now())
      feed.port1.postMessage(n)
    }
    await sleep(1)
  }
  await sleep(500)
  feed.port1.close()
  await Promise.all(workers.map((worker) => worker.terminate()))
  return latencies
}
