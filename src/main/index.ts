import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app, dialog, protocol, shell } from 'electron'
import { startWorkstation } from '#orchestrator/workstation.ts'
import type { Workstation } from '#orchestrator/workstation-api.ts'
import { systemClock } from '#platform/clock.ts'
import { defaultDataDirectory, openDataDirectory } from '#platform/data-directory.ts'
import { createLogger } from '#platform/log/pino-logger.ts'
import type { Logger } from '#platform/log/logger.ts'
import { APP_ORIGIN, APP_URL, registerAppScheme, serveApp } from './app-protocol.ts'
import { guardContents } from './guard-contents.ts'
import { readLaunchOptions } from './launch-options.ts'
import { quitInOrder } from './quit-in-order.ts'
import { DesktopShell } from './desktop-shell.ts'
import { originOf } from './trusted-page.ts'

// The composition root of the desktop program: built to `out/main/index.js`, and shipped in an archive.
const fromOut = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))
const launch = readLaunchOptions(process.argv.slice(app.isPackaged ? 1 : 2))
const data = openDataDirectory(launch.dataDir ?? defaultDataDirectory(process.env))
/** Set by `electron-vite dev`: the screens then come from its server and reload by themselves. */
const developmentUrl = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']

// Chromium's own files, and the lock of the single instance: one program a data directory.
app.setPath('userData', join(data.path, 'window'))

if (app.requestSingleInstanceLock()) {
  registerAppScheme(protocol)
  app.enableSandbox()
  app.whenReady().then(run).catch(giveUp)
} else {
  // The first one has been told, and shows its window.
  app.exit(0)
}

async function run(): Promise<void> {
  const logger: Logger = (await createLogger(data.logs, { stderr: true })).child({ component: 'desktop' })
  const origin = developmentUrl === undefined ? APP_ORIGIN : (originOf(developmentUrl) ?? APP_ORIGIN)
  serveApp(protocol, fromOut('renderer'))
  guardContents(app, shell, origin, logger)
  const workstation = start(logger)
  const quitting = quitInOrder(app, () => stop(workstation), logger)
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
  await workstation
}

function start(logger: Logger): Promise<Workstation> {
  return startWorkstation({
    dataDir: data.path,
    workersDir: new URL('../workers/', import.meta.url),
    migrationsDir: app.isPackaged ? join(process.resourcesPath, 'migrations/postgres') : fromOut('../migrations/postgres'),
    version: app.getVersion(),
    env: process.env,
    logger,
    ...(launch.configFile === null ? {} : { configFile: launch.configFile }),
    ...(launch.postgres ? {} : { postgres: 'none' as const }),
    ...(launch.replay === null ? {} : { replay: launch.replay }),
  })
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
