import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What the gateway counts about itself. Labels are routes of the contract, never paths of callers, so their number is bounded. */
export class HttpMetrics {
  readonly #registry = new Registry()
  readonly #durations = new Histogram({
    name: 'bot_trading_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [this.#registry],
  })
  readonly #refused = new Counter({
    name: 'bot_trading_http_sign_ins_failed_total',
    help: 'Requests and streams with a wrong token.',
    registers: [this.#registry],
  })
  readonly #sockets = new Gauge({ name: 'bot_trading_stream_sockets', help: 'Open WebSocket streams.', registers: [this.#registry] })
  readonly #dropped = new Counter({
    name: 'bot_trading_stream_slow_clients_dropped_total',
    help: 'Streams closed because their client did not keep up.',
    registers: [this.#registry],
  })

  observe(request: { readonly method: string; readonly route: string; readonly status: number; readonly seconds: number }): void {
    this.#durations.observe({ method: request.method, route: request.route, status: String(request.status) }, request.seconds)
  }

  signInFailed(): void {
    this.#refused.inc()
  }

  slowClientDropped(): void {
    this.#dropped.inc()
  }

  socketsOpen(count: number): void {
    this.#sockets.set(count)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
