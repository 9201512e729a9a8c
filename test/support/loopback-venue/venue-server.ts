import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { FaultBox, type FaultAction, type FaultRule, type VenueConditions } from './venue-faults.ts'
import { priceText } from './venue-market.ts'
import { VenueMatching, type VenueRefusal } from './venue-matching.ts'
import type { VenueTruth } from './venue-records.ts'
import { PRIVATE_ROUTES, PUBLIC_ROUTES, type VenueContext } from './venue-routes.ts'
import { isSigned } from './venue-wire.ts'

export interface VenueServerOptions {
  readonly seed: number
  readonly startBalance: string
  readonly apiKey: string
  readonly secret: string
  /** One step of the market, milliseconds. */
  readonly tickEveryMs: number
  readonly port: number
  readonly controlPort: number
  readonly file?: string | undefined
}

export type VenueControl =
  | { readonly command: 'truth' }
  | { readonly command: 'prices' }
  | { readonly command: 'fault'; readonly rule: FaultRule }
  | { readonly command: 'clear-faults' }
  | { readonly command: 'conditions'; readonly change: Partial<VenueConditions> }
  | { readonly command: 'pause'; readonly paused: boolean }
  | { readonly command: 'price'; readonly symbol: string; readonly price: string }
  /** An order by somebody else of the same account, without an id of ours unless one is given. */
  | { readonly command: 'create'; readonly request: Parameters<VenueMatching['create']>[0] }
  | { readonly command: 'cancel'; readonly orderId: string }

/** A venue that speaks the v5 REST protocol on 127.0.0.1, with a second door for the test that holds the strings. */
export class VenueServer {
  readonly #options: VenueServerOptions
  readonly #faults = new FaultBox()
  readonly #matching: VenueMatching
  readonly #requests = new Map<string, number>()
  readonly #creates = new Map<string, number>()
  readonly #sent = new Map<string, number[]>()
  readonly #sockets = new Set<Socket>()
  readonly #context: VenueContext

  constructor(options: VenueServerOptions) {
    this.#options = options
    const now = (): number => Date.now() + this.#faults.conditions.clockOffsetMs
    this.#matching = new VenueMatching({ seed: options.seed, startBalance: options.startBalance, file: options.file, now })
    this.#context = { matching: this.#matching, faults: this.#faults, now }
  }

  async start(): Promise<{ readonly port: number; readonly controlPort: number }> {
    const venue = createServer((request, response) => void this.#serve(request, response))
    venue.keepAliveTimeout = 60_000
    venue.on('connection', (socket) => {
      if (this.#faults.conditions.isOffline) socket.destroy()
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    const control = createServer((request, response) => void this.#control(request, response))
    setInterval(() => this.#matching.tick(), this.#options.tickEveryMs)
    return { port: await listen(venue, this.#options.port), controlPort: await listen(control, this.#options.controlPort) }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://venue')
    const path = url.pathname
    const body = await read(request)
    this.#requests.set(path, (this.#requests.get(path) ?? 0) + 1)
    const fault = this.#faults.take(path)
    if (fault !== undefined && fault.when === 'before' && (await spoil(response, fault, this.#context.now()))) return
    const answer = this.#answer(request, url, body)
    if (fault !== undefined && fault.when === 'after' && (await spoil(response, fault, this.#context.now()))) return
    const refused = 'retCode' in answer
    const { retCode, retMsg } = refused ? (answer as VenueRefusal) : { retCode: 0, retMsg: 'OK' }
    const envelope = { retCode, retMsg, result: refused ? {} : answer, retExtInfo: {}, time: this.#context.now() }
    response.writeHead(200, { 'content-type': 'application/json', ...this.#limitHeaders(path) }).end(JSON.stringify(envelope))
  }

  #answer(request: IncomingMessage, url: URL, body: string): object | VenueRefusal {
    const path = url.pathname
    const query = Object.fromEntries(url.searchParams)
    const open = PUBLIC_ROUTES[path]
    if (open !== undefined) return open({ path, query, body: {} }, this.#context)
    const route = PRIVATE_ROUTES[path]
    if (route === undefined || route.method !== request.method) return { retCode: 10017, retMsg: 'Route not found.' }
    const refusal = this.#admit(request, url, body)
    if (refusal !== undefined) return refusal
    const parsed = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>)
    if (path === '/v5/order/create') {
      const link = typeof parsed['orderLinkId'] === 'string' ? parsed['orderLinkId'] : ''
      this.#creates.set(link, (this.#creates.get(link) ?? 0) + 1)
    }
    return route.route({ path, query, body: parsed }, this.#context)
  }

  #admit({ headers, method }: IncomingMessage, url: URL, body: string): VenueRefusal | undefined {
    const now = this.#context.now()
    if (headers['x-bapi-api-key'] !== this.#options.apiKey) return { retCode: 10003, retMsg: 'API key is invalid.' }
    const timestamp = Number(headers['x-bapi-timestamp'])
    const window = Number(headers['x-bapi-recv-window'] ?? 5_000)
    if (!(timestamp < now + 1_000 && now - window <= timestamp)) {
      return {
        retCode: 10002,
        retMsg: `invalid request, please check your server timestamp or recv_window param. req_timestamp[${timestamp}],server_timestamp[${now}],recv_window[${window}]`,
      }
    }
    if (!isSigned(headers, method === 'POST' ? body : url.search.slice(1), this.#options.secret)) {
      return { retCode: 10004, retMsg: 'error sign! origin_string' }
    }
    if (!url.pathname.startsWith('/v5/order/') || method !== 'POST') return undefined
    const sent = (this.#sent.get(url.pathname) ?? []).filter((at) => at > now - 1_000)
    this.#sent.set(url.pathname, sent)
    if (sent.length >= this.#faults.conditions.ordersPerSecond)
      return { retCode: 10006, retMsg: 'Too many visits. Exceeded the API Rate Limit.' }
    sent.push(now)
    return undefined
  }

  #limitHeaders(path: string): Record<string, string> {
    const sent = this.#sent.get(path)
    if (sent === undefined) return {}
    const { ordersPerSecond } = this.#faults.conditions
    return {
      'X-Bapi-Limit': String(ordersPerSecond),
      'X-Bapi-Limit-Status': String(Math.max(0, ordersPerSecond - sent.length)),
      'X-Bapi-Limit-Reset-Timestamp': String((sent[0] ?? this.#context.now()) + 1_000),
    }
  }

  async #control(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = this.#obey(JSON.parse(await read(request)) as VenueControl)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    } catch (error) {
      response.writeHead(400).end(String(error))
    }
  }

  #obey(control: VenueControl): unknown {
    switch (control.command) {
      case 'truth':
        return this.#truth()
      case 'prices':
        return this.#prices()
      case 'fault':
        this.#faults.add(control.rule)
        return {}
      case 'clear-faults':
        this.#faults.clear()
        return {}
      case 'conditions':
        Object.assign(this.#faults.conditions, control.change)
        if (this.#faults.conditions.isOffline) for (const socket of this.#sockets) socket.destroy()
        return {}
      case 'pause':
        this.#matching.isPaused = control.paused
        this.#matching.matchAll()
        return {}
      case 'price':
        this.#matching.setPrice(control.symbol, control.price)
        return {}
      case 'create':
        return this.#matching.create(control.request)
      case 'cancel':
        return this.#matching.cancel({ orderId: control.orderId })
    }
  }

  #truth(): VenueTruth {
    const { book, walks } = this.#matching
    return {
      orders: [...book.orders.values()],
      executions: book.executions,
      positions: Object.fromEntries([...walks.keys()].map((symbol) => [symbol, book.positionLots(symbol)])),
      wallet: book.wallet,
      creates: Object.fromEntries(this.#creates),
      requests: Object.fromEntries(this.#requests),
      prices: this.#prices(),
    }
  }

  #prices(): VenueTruth['prices'] {
    const prices = [...this.#matching.walks.values()].map(({ instrument, bid, ask, last }) => {
      const text = (ticks: number): string => priceText(instrument, ticks)
      return [instrument.symbol, { bid: text(bid), ask: text(ask), last: text(last) }] as const
    })
    return Object.fromEntries(prices)
  }
}

/** True when the answer is over with this. */
async function spoil(response: ServerResponse, fault: FaultAction, now: number): Promise<boolean> {
  switch (fault.kind) {
    case 'delay':
      await sleep(fault.ms)
      return false
    case 'drop':
      response.destroy()
      return true
    case 'hang':
      return true
    case 'status':
      response.writeHead(fault.status, { 'content-type': 'text/html', ...fault.headers }).end(fault.body ?? '<html>error</html>')
      return true
    case 'code':
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ retCode: fault.retCode, retMsg: fault.retMsg, result: {}, retExtInfo: {}, time: now }))
      return true
    case 'garbage':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"retCode":0,"retMsg":"OK","result":{"orderId":"')
      return true
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
