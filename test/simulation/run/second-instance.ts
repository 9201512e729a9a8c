import type { FromExchange, ToExchange } from '#engine/ports.ts'
import { Connector } from '../connector/connector.ts'
import { demand } from '../checks/violation.ts'
import { Wire } from '../core/wire.ts'
import { DiskJournal } from '../shell/disk-journal.ts'
import { Shell } from '../shell/shell.ts'
import type { World } from './world.ts'

const LOOKS_ONLY: ReadonlySet<string> = new Set(['QueryOrder', 'QueryAccount', 'RestoreExchange', 'StepDone'])

/**
 * The same program once more on the same account, while the first one holds the lease: it may look and may not touch. Who gets the
 * lease is not modelled; this one never does.
 */
export function startSecondInstance(world: World, forMs: number): void {
  const { scheduler, faults, venue, network, plan } = world
  const random = world.random.split('second instance')
  const thread: { connector?: Connector } = {}
  const toExchange = new Wire<ToExchange>({
    scheduler,
    name: 'second to exchange',
    latencyMs: () => random.below(3),
    deliver: (message) => thread.connector?.receive(message),
  })
  const shell = new Shell({
    scheduler,
    faults,
    journal: new DiskJournal('sim1'),
    random: random.split('shell'),
    wallClock: () => world.wallClock(),
    toExchange: (message) => {
      checkOnlyLooks(message)
      toExchange.send(message)
    },
    toTrader: () => undefined,
    snapshotEveryFacts: 1_000_000,
    sendsBeforeSync: false,
    watcher: { durable: () => undefined, settled: () => undefined, failed: () => undefined },
  })
  shell.lease('the account is held by another instance')
  const toEngine = new Wire<FromExchange>({
    scheduler,
    name: 'second to engine',
    latencyMs: () => random.below(4),
    deliver: (message) => shell.fromExchange(message),
  })
  const connector = new Connector({
    scheduler,
    faults,
    venue,
    network,
    random: random.split('connector'),
    openingBalance: plan.openingBalance,
    toEngine: (message) => toEngine.send(message),
    onSubmit: () => undefined,
  })
  thread.connector = connector
  scheduler.machine(100, 'second connects', () => connector.connect())
  scheduler.machine(200, 'second is set up', () => shell.command({ type: 'Record', facts: world.setUp }, () => undefined))
  world.second = shell
  world.stream.second = connector
  scheduler.machine(forMs, 'second stops', () => {
    shell.die()
    connector.die()
    world.second = undefined
    world.stream.second = undefined
  })
}

/** 2.6: two writers on one account are the worst source of double orders. */
function checkOnlyLooks(message: ToExchange): void {
  for (const { type } of message.type === 'CommandBatch' ? message.commands : [message])
    demand(LOOKS_ONLY.has(type), 'two-writers', () => `the second instance sends ${type}`)
}
