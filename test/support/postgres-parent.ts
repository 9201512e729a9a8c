import { silentLogger } from '#platform/log/logger.ts'
import { startEmbeddedPostgres } from '#storage/postgres/embedded-server.ts'

// A program that owns an embedded server and is then killed by the test: `node postgres-parent.ts DATA_DIR PORT`.
const [dataDir, port] = process.argv.slice(2)
if (dataDir === undefined) throw new Error('usage: postgres-parent.ts DATA_DIR PORT')
const logger = {
  ...silentLogger,
  info: (fields: object, message: string) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  child: () => logger,
}
const started = performance.now()
const server = await startEmbeddedPostgres({ dataDir, port: Number(port ?? 0), logger })
process.on('SIGTERM', () => void server.stop(10_000).then(() => process.exit(0)))
const { state, pid, reason } = server.status()
process.stdout.write(
  `${JSON.stringify({ state, pid, reason, port: server.port, startMs: Math.round(performance.now() - started), connection: server.connection })}\n`,
)
setInterval(() => undefined, 60_000)
