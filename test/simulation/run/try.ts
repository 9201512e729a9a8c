import { runSeed } from './run-seed.ts'
const [a, b] = (process.argv[2] ?? '1..20').split('..').map(Number) as [number, number]
const t = performance.now()
let events = 0,
  orders = 0,
  fills = 0,
  facts = 0
const byInv = new Map<string, number[]>()
for (let s = a; s <= b; s += 1) {
  const o = runSeed(s, { keepsTrace: process.argv[3] === 'trace' })
  events += o.events
  orders += o.orders
  fills += o.fills
  facts += o.facts
  if (process.argv[3] === 'trace') process.stdout.write([...(o.trace ?? []), ...(o.lines ?? [])].join('\n') + '\n')
  if (o.violation) {
    const k = o.violation.invariant
    const l = byInv.get(k) ?? []
    l.push(s)
    byInv.set(k, l)
    if (l.length <= 3) process.stdout.write(`seed ${s} ${o.plan.personality.name} ${o.violation.message.slice(0, 600)}\n`)
  }
}
const ms = performance.now() - t
process.stdout.write(
  `${b - a + 1} seeds ${ms.toFixed(0)} ms, ${(ms / (b - a + 1)).toFixed(1)} ms/seed, events ${events}, facts ${facts}, orders ${orders}, fills ${fills}\n`,
)
for (const [k, l] of byInv) process.stdout.write(`${k}: ${l.length} first ${l.slice(0, 8).join(' ')}\n`)
