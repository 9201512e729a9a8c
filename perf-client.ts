import { Agent, request } from 'node:http'
const port = Number(process.argv[2])
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const one = () => new Promise<number>((resolve, reject) => {
  const t = performance.now()
  request({ port, host: '127.0.0.1', path: '/api/v1/positions', agent, headers: { authorization: 'Bearer test-token-0123456789abcdef' } }, (res) => {
    let n = 0
    res.on('data', (c) => (n += c.length)); res.on('end', () => { if (res.statusCode !== 200) reject(new Error(String(res.statusCode))); else resolve(performance.now() - t) })
  }).on('error', reject).end()
})
for (const rate of [500, 2000]) {
  const all: Promise<number>[] = []
  const start = performance.now(); const total = rate * 10
  await new Promise<void>((done) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * rate))
      while (all.length < due) all.push(one())
      if (all.length >= total) { clearInterval(timer); done() }
    }, 1)
  })
  const took = (await Promise.all(all)).slice(rate).sort((a, b) => a - b)
  const q = (p: number) => took[Math.floor(took.length * p)]?.toFixed(2)
  console.log(rate, '/s n', took.length, 'p50', q(0.5), 'p95', q(0.95), 'p99', q(0.99), 'max', took.at(-1)?.toFixed(2), 'achieved', (total / ((performance.now() - start) / 1000)).toFixed(0))
}
agent.destroy()
