import { writeSync } from 'node:fs'
import type { Fact } from '#domain/facts.ts'
import { Journal } from '#storage/journal/journal.ts'

/** A process of its own: appends without end, and says each sequence number once `append` has returned. Killed by the test. */
const path = process.argv[2]
if (path === undefined) throw new Error('give the path of a journal')
const journal = new Journal({ path })
const said = (seq: number): void => {
  writeSync(1, `${seq}\n`)
}
said(journal.head)
for (let round = 0; ; round += 1) {
  const from = journal.head
  const facts = Array.from(
    { length: 1 + (round % 7) },
    (_, i): Fact => ({
      type: 'ActionAudited',
      ts: from + i + 1,
      actor: 'appender',
      action: 'append',
      target: 'x'.repeat((round * 37) % 400),
    }),
  )
  said(journal.append(facts))
  if (round % 50 === 49) journal.writeSnapshot(`state at ${journal.head}`)
}
