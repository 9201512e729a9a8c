import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { workerData, type MessagePort } from 'node:worker_threads'
import type { BareHopData } from './bare-hops.ts'

// The threads of `bareHops`: they pass on what comes and do nothing else, but for the sync of the disk.

const data = workerData as BareHopData

if (data.role === 'trader') data.port.on('message', (n: number) => data.port.postMessage(n))
else if (data.role === 'journal') writeForEver(data.port, data.path)
else passOn(data)

function writeForEver(port: MessagePort, path: string): void {
  const file = openSync(path, 'w')
  const page = Buffer.alloc(4_096, 1)
  let at = 0
  port.on('message', (batch: readonly number[]) => {
    // As a log that begins anew when it has been folded: the blocks are there.
    at = (at + 1) % 250
    writeSync(file, page, 0, page.length, at * page.length)
    fsyncSync(file)
    port.postMessage(batch)
  })
  port.once('close', () => closeSync(file))
}

/** One sync under way; what comes meanwhile shares the next. */
function passOn({ feed, traders, journal }: Extract<BareHopData, { readonly role: 'engine' }>): void {
  let waiting: number[] = []
  let isUnderWay = false
  const send = (): void => {
    if (isUnderWay || waiting.length === 0) return
    isUnderWay = true
    journal.postMessage(waiting)
    waiting = []
  }
  feed.on('message', (n: number) => traders[n % traders.length]?.postMessage(n))
  for (const trader of traders)
    trader.on('message', (n: number) => {
      waiting.push(n)
      send()
    })
  journal.on('message', (batch: readonly number[]) => {
    isUnderWay = false
    for (const n of batch) feed.postMessage(n)
    send()
  })
}
