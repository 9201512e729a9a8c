import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Journal } from '#storage/journal/journal.ts'
import { syntheticFacts } from '#test/support/postgres-facts.ts'
import { batchSize, JOURNAL_FILE, parseWriterPlan, PROMISES_FILE, snapshotText, type Promised } from './writer-plan.ts'

/**
 * A process of its own, run under the write log: appends to a real journal and says, in a file that the same log sees, what
 * has been promised: each line is written after the call has returned, so it stands in the log where the caller hears of it.
 */
const plan = parseWriterPlan(process.argv[2] ?? '')
const promises = openSync(join(plan.directory, PROMISES_FILE), 'a')
const promise = (what: Promised): void => void writeSync(promises, `${JSON.stringify(what)}\n`)

const connections = new Set<Database.Database>()
// eslint-disable-next-line typescript/unbound-method -- called with its own `this` right below
const { pragma } = Database.prototype
/** The journal keeps its connection to itself; the controls need it to weaken it behind its back. */
Database.prototype.pragma = function (this: Database.Database, ...words) {
  connections.add(this)
  return pragma.apply(this, words)
}

const journal = new Journal({ path: join(plan.directory, JOURNAL_FILE), purpose: 'power-loss' })
const settings = [...connections].map((connection) =>
  ['journal_mode', 'synchronous', 'mmap_size'].map((name) => connection.pragma(name, { simple: true })),
)
for (const connection of connections) {
  connection.pragma(`wal_autocheckpoint = ${plan.checkpointPages}`)
  if (plan.control === 'normal') connection.pragma('synchronous = NORMAL')
}
promise({ type: 'Opened', journalId: journal.journalId, head: journal.head, settings })

const facts = syntheticFacts(plan.untilSeq + 1_000, plan.seed)
let snapshotAt = journal.head + plan.snapshotEvery
while (journal.head < plan.untilSeq) {
  const from = journal.head
  const batch = facts.slice(from, from + batchSize(plan.seed, from))
  if (plan.control === 'promise-first') promise({ type: 'Appended', head: from + batch.length })
  const head = journal.append(batch)
  if (plan.control !== 'promise-first') promise({ type: 'Appended', head })
  if (head < snapshotAt) continue
  snapshotAt = head + plan.snapshotEvery
  journal.writeSnapshot(snapshotText(plan.seed, head))
  promise({ type: 'Snapshot', seq: head })
}
if (plan.end === 'kill') process.kill(process.pid, 'SIGKILL')
journal.close()
promise({ type: 'Closed' })
