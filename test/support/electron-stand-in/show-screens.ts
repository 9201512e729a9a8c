import type { Browser, BrowserContext, Frame, Page, Route } from 'playwright'
import type { IpcFromPage, Told } from './control-protocol.ts'
import { pageScript } from './page-side.ts'
import type { StandInDesktop } from './start-desktop.ts'

/** Chromium knows no scheme of ours, so the page lives at a loopback name; what main sees keeps its own address. */
const PAGE_ORIGIN = 'http://workstation.localhost'
const APP_ORIGIN = 'app://workstation'
const LOAD_DEADLINE_MS = 20_000

type FromPage =
  | { readonly kind: 'send'; readonly channel: string; readonly args: readonly unknown[] }
  | { readonly kind: 'invoke'; readonly id: number; readonly channel: string; readonly args: readonly unknown[] }
  | { readonly kind: 'port-data'; readonly port: number; readonly data: unknown }

type ToPage =
  | Exclude<Told, { told: 'load' }>
  | { readonly told: 'answer'; readonly id: number; readonly ok: boolean; readonly value?: unknown; readonly message?: string }

export interface Screens {
  readonly page: Page
  /** Loads that were refused: main's own filter, or a place that is not ours. */
  readonly refused: readonly string[]
  readonly consoleErrors: readonly string[]
}

/** Shows the window that main has opened: its real page, served by main's protocol handler, in a real Chromium. */
export async function showScreens(desktop: StandInDesktop, browser: Browser): Promise<Screens> {
  const load = await firstLoad(desktop)
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  const consoleErrors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(message.text())
  })
  page.on('pageerror', (error) => consoleErrors.push(error.message))
  const refused = await serveFromMain(context, desktop)
  const deliver = deliverInOrder(page)
  await page.exposeBinding('__electronStandInTell', (source, text: string) =>
    hear(desktop, source.frame, JSON.parse(text) as FromPage, deliver),
  )
  await page.addInitScript({ content: pageScript(load.preloadFile, load.arguments) })
  desktop.follow((told) => {
    if (told.told !== 'load') deliver(told)
  })
  await page.goto(load.url.replace(APP_ORIGIN, PAGE_ORIGIN), { timeout: LOAD_DEADLINE_MS })
  return { page, refused, consoleErrors }
}

function firstLoad(desktop: StandInDesktop): Promise<Extract<Told, { told: 'load' }>> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`main opened no window: ${desktop.output}`)), LOAD_DEADLINE_MS)
    desktop.follow((told) => {
      if (told.told !== 'load') return
      clearTimeout(late)
      resolve(told)
    })
  })
}

async function serveFromMain(context: BrowserContext, desktop: StandInDesktop): Promise<string[]> {
  const refused: string[] = []
  await context.route('**/*', async (route: Route) => {
    const url = route.request().url().replace(PAGE_ORIGIN, APP_ORIGIN)
    const { cancelled } = await desktop.call('load', { url })
    if (cancelled || !url.startsWith(`${APP_ORIGIN}/`)) {
      refused.push(url)
      await route.abort('blockedbyclient')
      return
    }
    const { status, headers, bodyBase64 } = await desktop.call('fetchApp', { url })
    await route.fulfill({ status, headers, body: Buffer.from(bodyBase64, 'base64') })
  })
  return refused
}

async function hear(desktop: StandInDesktop, frame: Frame, message: FromPage, deliver: (message: ToPage) => void): Promise<void> {
  if (message.kind === 'port-data') {
    await desktop.call('portData', { port: message.port, data: message.data })
    return
  }
  const { channel, args } = message
  const from: IpcFromPage = {
    channel,
    args,
    url: frame.url().replace(PAGE_ORIGIN, APP_ORIGIN),
    frame: frame.parentFrame() === null ? 'main' : 'inner',
  }
  if (message.kind === 'send') await desktop.call('ipcSend', from)
  else {
    await desktop.call('ipcInvoke', from).then(
      (value) => deliver({ told: 'answer', id: message.id, ok: true, value }),
      (error: unknown) => deliver({ told: 'answer', id: message.id, ok: false, message: String(error) }),
    )
  }
}

/** One evaluation at a time, each with all that has come meanwhile: order is kept, and a flood does not pile up calls. */
function deliverInOrder(page: Page): (message: ToPage) => void {
  let waiting: ToPage[] = []
  let busy = false
  const flush = async (): Promise<void> => {
    busy = true
    while (waiting.length > 0 && !page.isClosed()) {
      const batch = waiting
      waiting = []
      const script = `window.__electronStandInHear?.(${JSON.stringify(batch)})`
      await page.evaluate(script).catch(() => undefined)
    }
    busy = false
  }
  return (message) => {
    waiting.push(message)
    if (!busy) void flush()
  }
}
