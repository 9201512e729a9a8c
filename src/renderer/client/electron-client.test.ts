// @vitest-environment happy-dom
import { RPCHandler } from '@orpc/server/message-port'
import { implement } from '@orpc/server'
import { MessageChannel as NodeMessageChannel } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { contract } from '#contract/api.ts'
import { IPC } from '#contract/ipc.ts'
import type { ClientFrame } from '#contract/stream.ts'
import { createElectronClient, receivePorts } from './electron-client.ts'

it('takes its ports only from its own window and only by their name', async () => {
  const { port1, port2 } = new NodeMessageChannel()
  const ports = [port1, port2] as unknown as MessagePort[]
  const waiting = receivePorts(window, 1_000)
  window.dispatchEvent(new MessageEvent('message', { data: 'other', source: window, ports }))
  window.dispatchEvent(new MessageEvent('message', { data: IPC.ports, source: null, ports }))
  let got = false
  void waiting.then(() => (got = true))
  await Promise.resolve()
  expect(got).toBe(false)
  window.dispatchEvent(new MessageEvent('message', { data: IPC.ports, source: window, ports }))
  expect(await waiting).toEqual(ports)
  port1.close()
})

it('says so when no ports come', async () => {
  await expect(receivePorts(window, 10)).rejects.toMatchObject({ kind: 'unreachable', code: 'NO_PORTS' })
})

it('calls and streams over two ports', async () => {
  const calls = new NodeMessageChannel()
  const frames = new NodeMessageChannel()
  const os = implement(contract.system.resume)
  const handler = new RPCHandler({ system: { resume: os.handler(({ input }) => ({ resumed_at: input.reason.length })) } })
  handler.upgrade(calls.port2 as unknown as MessagePort)
  calls.port2.start()
  frames.port2.on('message', (frame: ClientFrame) => {
    if (frame.action === 'subscribe') frames.port2.postMessage({ type: 'snapshot', channel: frame.channel, seq: 3, data: [{ id: 'a' }] })
  })
  const client = createElectronClient([calls.port1, frames.port1] as unknown as [MessagePort, MessagePort])
  try {
    expect(await client.api.system.resume({ reason: 'looked' })).toEqual({ resumed_at: 6 })
    const rows = await new Promise((resolve) => client.stream.subscribe('trades', {}, { onSnapshot: resolve, onEvent: () => undefined }))
    expect(rows).toEqual([{ id: 'a' }])
  } finally {
    client.close()
    frames.port1.close()
  }
})
