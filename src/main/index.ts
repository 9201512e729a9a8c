import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app, dialog, protocol, shell } from 'electron'
import { identifyReplay } from '#orchestrator/replay.ts'
import { startWorkstation } from '#orchestrator/workstation.ts'
import type { Workstation } from '#orchestrator/workstation-api.ts'
import { systemClock } from '#platform/clock.ts'
import { type DataDirectory, openDataDirectory } from '#platform/data-directory.ts'
import { takeEnvironment } from '#platform/secrets/take-environment.ts'
import { defaultDataDirectory } from '#platform/default-data-directory.ts'
import type { Logger } from '#platform/log/logger.ts'
import { createLogger } from '#platform/log/pino-logger.ts'
import { APP_ORIGIN, APP_URL, registerAppScheme, serveApp } from './app-protocol.ts'
import { startDesktopApi, startPrivateFront } from './desktop-api.ts'
import { DesktopShell } from './desktop-shell.ts'
import { guardContents } from './guard-contents.ts'
import { type LaunchOptions, readLaunchOptions } from './launch-options.ts'
import { quitInOrder } from './quit-in-order.ts'
import { originOf } from './trusted-page.ts'

// The composition root of the desktop program: built to `out/main/index.js`, and shipped in an archive.
const fromOut = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))
/** Set by `electron-vite dev`: the screens then come from its server and reload by themselves. */
const environment = takeEnvironment()
const developmentUrl = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']

try {
  begin(readLaunchOptions(process.argv.slice(app.isPackaged ? 1 : 2)))
} catch (error) {
  giveUp(error)
}

function begin(launch: LaunchOptions): void {
  const data = openDataDirectory(launch.dataDir ?? usualDirectory(launch))
  // Chromium's own files, and the lock of the single instance: one program a data directory.
  app.setPath('userData', join(data.path, 'window'))
  if (!app.requestSingleInstanceLock()) {
    // The first one has been told, and shows its window.
    app.exit(0)
    return
  }
  registerAppScheme(protocol)
  app.enableSandbox()
  app
    .whenReady()
    .then(() => run(launch, data))
    .catch(giveUp)
}

/** A replay has a directory of its own, the same as headless: last year's candles must not mix with the demo's account. */
function usualDirectory({ replay }: LaunchOptions): string {
  const usual = defaultDataDirectory(process.env)
  return replay === null ? usual : join(usual, 'replays', identifyReplay(replay).id)
}

async function run(launch: LaunchOptions, data: DataDirectory): Promise<void> {
  const log = await createLogger(data.logs, { stderr: true })
  const logger = log.child({ component: 'desktop' })
  const origin = developmentUrl === undefined ? APP_ORIGIN : (originOf(developmentUrl) ?? APP_ORIGIN)
  serveApp(protocol, fromOut('renderer'))
  guardContents(app, shell, origin, logger)
  const workstation = start(launch, data, logger)
  let closeApi = async (): Promise<void> => undefined
  const quitting = quitInOrder(
    app,
    async () => {
      await closeApi()
      await stop(workstation)
      logger.info({}, 'everything stopped in order')
      log.flush()
    },
    logger,
  )
  const desktop = new DesktopShell({
    url: developmentUrl ?? APP_URL,
    origin,
    dataDir: data.path,
    preloadFile: fromOut('preload/index.cjs'),
    resourcesDir: fromOut('../resources'),
    workstation,
    quitting,
    clock: systemClock,
    logger,
  })
  app.on('second-instance', () => desktop.show())
  app.on('activate', () => desktop.show())
  app.on('window-all-closed', () => app.quit())
  const running = await workstation
  if (launch.api) closeApi = await serveApi(running, launch, data, logger)
}

function start(launch: LaunchOptions, data: DataDirectory, logger: Logger): Promise<Workstation> {
  const starting = startWorkstation({
    dataDir: data.path,
    configFile: launch.configFile ?? undefined,
    workersDir: new URL('../workers/', import.meta.url),
    migrationsDir: app.isPackaged ? join(process.resourcesPath, 'migrations/postgres') : fromOut('../migrations/postgres'),
    version: app.getVersion(),
    replay: launch.replay ?? undefined,
    postgres: launch.postgres ? undefined : 'none',
    openFront: async () => startPrivateFront({ workstation: await starting, version: app.getVersion(), logger }),
    env: environment,
    logger,
  })
  return starting
}

/** Without its HTTP front the desktop program is still whole; the person is told, and trading goes on. */
async function serveApi(
  workstation: Workstation,
  launch: LaunchOptions,
  data: DataDirectory,
  logger: Logger,
): Promise<() => Promise<void>> {
  try {
    const { configFile } = launch
    const rendererDir = fromOut('renderer')
    const api = await startDesktopApi({ workstation, data, configFile, rendererDir, version: app.getVersion(), env: environment, logger })
    return api.close
  } catch (error) {
    logger.error({ error }, 'the HTTP front did not start; trading goes on')
    dialog.showErrorBox('The HTTP interface did not start', error instanceof Error ? error.message : String(error))
    return async () => undefined
  }
}

/** What never started needs no stop; who waits for the start has been told by then. */
async function stop(workstation: Promise<Workstation>): Promise<void> {
  const running = await workstation.catch(() => null)
  await running?.stop()
}

/** The start failed: the person learns why from a dialog, since there may be no terminal. */
function giveUp(error: unknown): void {
  dialog.showErrorBox('The workstation did not start', error instanceof Error ? error.message : String(error))
  app.exit(1)
}
