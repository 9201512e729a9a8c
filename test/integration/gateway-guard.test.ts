import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_ROUTES } from '#gateway/contract-routes.ts'
import { startGateway } from '#gateway/gateway.ts'
import { rawRequest, runGateway, TOKEN, type RunningGateway } from '../support/gateway.ts'

describe('what the gateway lets in', () => {
  let running: RunningGateway
  let rendererDir: string
  beforeAll(async () => {
    rendererDir = await mkdtemp(join(tmpdir(), 'gateway-screens-'))
    await mkdir(join(rendererDir, 'assets'))
    await writeFile(join(rendererDir, 'index.html'), '<!doctype html><title>screens</title>')
    await writeFile(join(rendererDir, 'assets', 'index-Ab12Cd_9.js'), 'export {}')
    running = await runGateway({ rendererDir })
  })
  afterAll(async () => {
    await running.close()
    await rm(rendererDir, { recursive: true, force: true })
  })

  const http = (lines: readonly string[], body = ''): string => `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`
  const own = (): string => `127.0.0.1:${running.gateway.port}`
  const bearer = `Authorization: Bearer ${TOKEN}`
  const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']

  it.each([
    ['its own Host', () => [`Host: ${own()}`], 200],
    ['localhost', () => [`Host: localhost:${running.gateway.port}`], 200],
    ['IPv6 loopback', () => [`Host: [::1]:${running.gateway.port}`], 200],
    ['a Host in capitals', () => [`Host: LOCALHOST:${running.gateway.port}`], 200],
    ['a foreign Host', () => ['Host: evil.example'], 421],
    ['a foreign Host with our port', () => [`Host: evil.example:${running.gateway.port}`], 421],
    ['our Host with another port', () => ['Host: 127.0.0.1:1'], 421],
    ['a Host that only begins like ours', () => [`Host: 127.0.0.1.evil.example:${running.gateway.port}`], 421],
    ['no port', () => ['Host: 127.0.0.1'], 421],
    ['no Host', () => [], 400],
    ['its own Origin', () => [`Host: ${own()}`, `Origin: http://${own()}`], 200],
    ['a foreign Origin', () => [`Host: ${own()}`, 'Origin: https://evil.example'], 403],
    ['our name over https', () => [`Host: ${own()}`, `Origin: https://${own()}`], 403],
    ['the null Origin', () => [`Host: ${own()}`, 'Origin: null'], 403],
    ['an Origin that only begins like ours', () => [`Host: ${own()}`, `Origin: http://${own()}.evil.example`], 403],
    ['a cross-site fetch', () => [`Host: ${own()}`, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'], 403],
    ['version 3', () => [`Host: ${own()}`, 'X-API-Version: 3.0'], 200],
    ['version 2', () => [`Host: ${own()}`, 'X-API-Version: 2.0'], 400],
  ])('HTTP with %s', async (_what, headers, status) => {
    const answer = await rawRequest(running.gateway.port, http(['GET /api/v1/positions HTTP/1.1', bearer, ...headers()]))
    expect(answer.status).toBe(status)
  })

  it.each([
    ['its own Host and Origin', () => [`Host: ${own()}`, `Origin: http://${own()}`, bearer], 101],
    ['no Origin and no token yet', () => [`Host: ${own()}`], 101],
    ['a foreign Host', () => ['Host: evil.example', bearer], 421],
    ['a foreign Origin', () => [`Host: ${own()}`, 'Origin: https://evil.example', bearer], 403],
    ['a wrong token', () => [`Host: ${own()}`, 'Authorization: Bearer wrong-wrong-wrong-wrong'], 401],
  ])('upgrade with %s', async (_what, headers, status) => {
    const bytes = `${['GET /ws/v1/stream HTTP/1.1', ...upgrade, ...headers()].join('\r\n')}\r\n\r\n`
    expect((await rawRequest(running.gateway.port, bytes, { deadlineMs: 400 })).status).toBe(status)
  })

  it.each([
    ['a foreign Host', () => ['Host: evil.example']],
    ['a foreign Origin', () => [`Host: ${own()}`, 'Origin: https://evil.example']],
    ['a wrong token', () => [`Host: ${own()}`, 'Authorization: Bearer wrong-wrong-wrong-wrong']],
  ])('does not keep the connection of an upgrade refused for %s', async (_what, headers) => {
    const started = performance.now()
    await rawRequest(running.gateway.port, `${['GET /ws/v1/stream HTTP/1.1', ...upgrade, ...headers()].join('\r\n')}\r\n\r\n`, {
      deadlineMs: 10_000,
    })
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('does not upgrade anywhere else', async () => {
    const bytes = `${['GET /api/v1/positions HTTP/1.1', `Host: ${own()}`, bearer, ...upgrade].join('\r\n')}\r\n\r\n`
    const { text } = await rawRequest(running.gateway.port, bytes, { deadlineMs: 600 })
    expect(text).not.toContain('"items"')
  })

  it('wants the token on every route of the contract, and says nothing without it', async () => {
    expect(CONTRACT_ROUTES.length).toBeGreaterThan(25)
    for (const { method, path } of CONTRACT_ROUTES) {
      for (const authorization of [
        undefined,
        'Bearer ',
        'Bearer nope',
        `Basic ${TOKEN}`,
        `Bearer ${TOKEN}x`,
        `Bearer ${TOKEN.slice(0, -1)}`,
      ]) {
        const response = await fetch(`${running.gateway.url}/api/v1${path.replace(/\{\w+\}/g, 'x')}`, {
          method,
          headers: authorization === undefined ? {} : { authorization },
        })
        expect([401, 429], `${method} ${path} with ${String(authorization)}`).toContain(response.status)
        expect(await response.json()).toMatchObject({ code: expect.stringMatching(/^(UNAUTHORIZED|RATE_LIMITED)$/) })
      }
    }
    expect((await running.call('/api/v1/positions')).status).toBe(200)
  })

  it('takes no token from the address', async () => {
    expect((await fetch(`${running.gateway.url}/api/v1/positions?token=${TOKEN}`)).status).toBe(401)
  })

  it('shows health without a token in one word, and more with one', async () => {
    expect(await (await fetch(`${running.gateway.url}/api/v1/health`)).json()).toEqual({ status: 'ok' })
    expect(await (await running.call('/api/v1/health')).json()).toMatchObject({ status: 'ok', version: '3.0.0', journal: {} })
    expect([401, 429]).toContain(
      (await fetch(`${running.gateway.url}/api/v1/health`, { headers: { authorization: 'Bearer wrong' } })).status,
    )
  })

  it.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'symbol=BTC', '415 MEDIA_TYPE_UNSUPPORTED'],
    ['plain text', { 'content-type': 'text/plain' }, '{}', '415 MEDIA_TYPE_UNSUPPORTED'],
    ['no content type', {}, '{}', '415 MEDIA_TYPE_UNSUPPORTED'],
    ['broken JSON', { 'content-type': 'application/json' }, '{"a":', '400 BODY_NOT_JSON'],
    ['a prototype', { 'content-type': 'application/json' }, '{"__proto__":{"admin":true}}', '400 BODY_NOT_JSON'],
    ['more than 1 MiB', { 'content-type': 'application/json' }, `"${'x'.repeat(1_048_577)}"`, '413 BODY_TOO_LARGE'],
  ])('refuses a body that is %s', async (_what, headers, body, expected) => {
    const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const call = request(`${running.gateway.url}/api/v1/signals`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-length': Buffer.byteLength(body), ...headers },
      })
      call.on('error', reject)
      call.on('response', (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8')
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      })
      call.end(body)
    })
    const problem = JSON.parse(answer.body) as { status: number; code: string }
    expect(`${answer.status} ${problem.code}`).toBe(expected)
    expect(problem.status).toBe(answer.status)
  })

  it('answers unknown paths and methods as problems', async () => {
    const missing = await running.call('/api/v1/nothing')
    expect(missing.status).toBe(404)
    expect(missing.headers.get('content-type')).toContain('application/problem+json')
    const method = await running.call('/api/v1/positions', { method: 'DELETE' })
    expect(method.status).toBe(405)
    expect(method.headers.get('allow')).toBe('GET')
    expect(await method.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
    expect((await running.call('/api/v1/positions', { method: 'HEAD' })).status).toBe(405)
    expect((await running.call('/ws/v1/stream')).status).toBe(426)
    expect((await running.call('/api/v1/%E0%A4%A')).status).toBe(400)
    expect((await running.call('/../../etc/passwd')).status).toBe(404)
  })

  it('ends a client that sends its header too slowly', async () => {
    const started = performance.now()
    const answer = await rawRequest(running.gateway.port, `GET /api/v1/health HTTP/1.1\r\nHost: ${own()}\r\nX-Slow: `, {
      deadlineMs: 9_000,
    })
    expect(answer.status).toBe(408)
    expect(performance.now() - started).toBeLessThan(8_000)
  })

  it('refuses bytes that are no HTTP and headers without end', async () => {
    expect((await rawRequest(running.gateway.port, 'what is this\r\n\r\n')).status).toBe(400)
    expect((await rawRequest(running.gateway.port, `GET / HTTP/1.1\r\nHost: ${own()}\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)).status).toBe(
      431,
    )
  })

  it('is not heard on any other address of this machine', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .filter((entry) => !entry.internal && entry.family === 'IPv4')
      .map((entry) => entry.address)
    for (const address of ['127.0.0.2', ...others]) {
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect({ host: address, port: running.gateway.port, timeout: 1_000 })
        socket.on('connect', () => {
          socket.destroy()
          resolve('connected')
        })
        socket.on('timeout', () => {
          socket.destroy()
          resolve('timeout')
        })
        socket.on('error', () => resolve('refused'))
      })
      expect(outcome, address).not.toBe('connected')
    }
  })

  it('slows down wrong tokens, not the right one', async () => {
    const statuses = await Promise.all(
      Array.from(
        { length: 60 },
        async () =>
          (await fetch(`${running.gateway.url}/api/v1/risk`, { headers: { authorization: 'Bearer guess-guess-guess-guess' } })).status,
      ),
    )
    expect(statuses).toContain(429)
    expect(statuses.every((status) => status === 401 || status === 429)).toBe(true)
    const right = await Promise.all(Array.from({ length: 200 }, async () => (await running.call('/api/v1/risk')).status))
    expect(right.every((status) => status === 200)).toBe(true)
  })

  it('serves the screens with a strict policy, hashed files for ever, and its page for its own addresses', async () => {
    const page = await fetch(`${running.gateway.url}/`)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('screens')
    const policy = page.headers.get('content-security-policy')
    expect(policy).toBe(
      `default-src 'none';script-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' data:;font-src 'self';connect-src 'self' ws://${own()};frame-ancestors 'none';base-uri 'none';form-action 'none'`,
    )
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('access-control-allow-origin')).toBeNull()
    const asset = await fetch(`${running.gateway.url}/assets/index-Ab12Cd_9.js`)
    expect(asset.headers.get('cache-control')).toContain('immutable')
    expect((await fetch(`${running.gateway.url}/orders`, { headers: { accept: 'text/html' } })).status).toBe(200)
    expect((await fetch(`${running.gateway.url}/orders`)).status).toBe(404)
    expect((await fetch(`${running.gateway.url}/assets/none-12345678.js`, { headers: { accept: 'text/html' } })).status).toBe(404)
  })

  it('gives metrics to this machine, and to a wrong token nothing', async () => {
    const metrics = await fetch(`${running.gateway.url}/metrics`)
    expect(metrics.status).toBe(200)
    expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    const text = await metrics.text()
    expect(text).toContain('bot_trading_test 1\n')
    expect(text).toContain('bot_trading_http_request_duration_seconds_bucket')
    expect(text).not.toContain('/api/v1/nothing')
    expect([401, 429]).toContain(
      (await fetch(`${running.gateway.url}/metrics`, { headers: { authorization: 'Bearer wrong-wrong-wrong' } })).status,
    )
  })

  it('says who has its port, and leaves them alone', async () => {
    const { port } = running.gateway
    const second = startGateway({
      workstation: {
        router: running.front.router,
        openStream: running.front.stream.openStream.bind(running.front.stream),
        status: running.front.status,
        metrics: async () => '',
      },
      host: '127.0.0.1',
      port,
      token: TOKEN,
      logger: running.front.dependencies.logger,
      version: '3.0.0',
    })
    await expect(second).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(process.platform === 'linux' ? `pid ${process.pid}` : String(port)),
    })
    expect((await running.call('/api/v1/positions')).status).toBe(200)
  })

  it('does not start with a short token', async () => {
    await expect(runGateway({ token: 'short' }, running.front)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
