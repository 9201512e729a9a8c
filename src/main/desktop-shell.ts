import { join } from 'node:path'
import type { ContractRouterClient } from '@orpc/contract'
import { createRouterClient } from '@orpc/server'
import * as electron from 'electron'
import type { ApiContext, Contract } from '#contract/api.ts'
import type { StopReceipt } from '#contract/views.ts'
import type { Workstation } from '#orchestrator/workstation-api.ts'
import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { connectPages } from './connect-page.ts'
import { createEmergencyStop, type EmergencyStop, type StopOutcome, type StopSource } from './emergency-stop.ts'
import { guardSession } from './guard-contents.ts'
import { describeStop, headline, hotkeyWarning } from './headline.ts'
import { applicationTemplate, type MenuActions } from './menus.ts'
import { logPower } from './power-log.ts'
import type { Quitting } from './quit-in-order.ts'
import { createStopHotkey, type StopHotkey } from './stop-hotkey.ts'
import { createTrayIcon, type TrayIcon } from './tray.ts'
import { createMainWindow, type MainWindow } from './window.ts'

const { app, dialog, globalShortcut, ipcMain, Menu, powerMonitor, screen, session, Tray } = electron
const TRAY_REFRESH_MS = 2_000

export interface DesktopShellOptions {
  readonly url: string
  readonly origin: string
  readonly dataDir: string
  readonly preloadFile: string
  readonly resourcesDir: string
  readonly workstation: Promise<Workstation>
  readonly quitting: Quitting
  readonly clock: Clock
  readonly logger: Logger
}

/** Everything a person touches: window, tray, menu, hotkey. Holds no trading; the workstation is a promise to it. */
export class DesktopShell {
  readonly #options: DesktopShellOptions
  readonly #emergencyStop: EmergencyStop
  readonly #tray: TrayIcon
  readonly #window: MainWindow
  readonly #hotkey: StopHotkey
  #running: Workstation | null = null

  constructor(options: DesktopShellOptions) {
    const { logger, workstation } = options
    this.#options = options
    guardSession(session.defaultSession, options.origin, logger)
    this.#emergencyStop = createEmergencyStop((outcome) => this.#tellStop(outcome), logger)
    this.#tray = this.#createTray()
    this.#window = this.#createWindow()
    this.#hotkey = this.#createHotkey()
    connectPages({
      ipcMain,
      createChannel: () => new electron.MessageChannelMain(),
      window: this.#window.contents,
      origin: options.origin,
      workstation,
      hotkey: this.#hotkey.state,
      logger,
    })
    logPower(powerMonitor, this.#hotkey.recheck, logger)
    this.#setMenu()
    this.#refresh()
    setInterval(() => this.#refresh(), TRAY_REFRESH_MS).unref()
    workstation.then(
      (running) => this.#started(running),
      () => logger.warn({}, 'the workstation did not start'),
    )
  }

  show(): void {
    this.#window.show()
  }

  #started(running: Workstation): void {
    this.#running = running
    this.#emergencyStop.ready((actor) => callStop(running, actor))
    this.#refresh()
  }

  #actions(source: StopSource): MenuActions {
    return {
      show: () => this.#window.show(),
      stop: () => this.#emergencyStop.press(source),
      quit: () => app.quit(),
      setCloseToTray: (closeToTray) => {
        this.#window.setCloseToTray(closeToTray)
        this.#setMenu()
        this.#refresh()
      },
    }
  }

  #createTray(): TrayIcon {
    return createTrayIcon({
      create: () => new Tray(join(this.#options.resourcesDir, 'tray.png')),
      buildMenu: (template) => Menu.buildFromTemplate(template),
      actions: this.#actions('tray'),
      logger: this.#options.logger,
    })
  }

  #createWindow(): MainWindow {
    const { url, preloadFile, dataDir, resourcesDir, quitting, clock, logger } = this.#options
    return createMainWindow({
      url,
      preloadFile,
      clock,
      logger,
      create: (options) => new electron.BrowserWindow(options),
      iconFile: join(resourcesDir, 'icon.png'),
      version: app.getVersion(),
      title: app.getName(),
      stateFile: join(dataDir, 'window.json'),
      workAreas: () => screen.getAllDisplays().map((display) => display.workArea),
      devTools: !app.isPackaged,
      mayHide: (state) => state.closeToTray && this.#tray.available && !quitting.inProgress(),
    })
  }

  #createHotkey(): StopHotkey {
    return createStopHotkey({
      shortcuts: globalShortcut,
      clock: this.#options.clock,
      logger: this.#options.logger,
      onArmed: () => notify('Emergency stop armed', 'Press the same keys again within two seconds to halt and cancel every order.'),
      onFired: () => this.#emergencyStop.press('hotkey'),
      onState: (state) => {
        const warning = hotkeyWarning(state)
        if (warning !== null) notify('No stop hotkey', `${warning}. Use the button in the window, the tray menu, or \`bot-trading stop\`.`)
      },
    })
  }

  #setMenu(): void {
    const template = applicationTemplate(app.getName(), this.#window.state().closeToTray, this.#actions('menu'), !app.isPackaged)
    Menu.setApplicationMenu(Menu.buildFromTemplate(template))
  }

  #refresh(): void {
    this.#tray.update({
      headline: headline(this.#running?.status() ?? null),
      warning: hotkeyWarning(this.#hotkey.state()),
      closeToTray: this.#window.state().closeToTray,
    })
  }

  #tellStop(outcome: StopOutcome): void {
    const { title, body, urgent } = describeStop(outcome)
    this.#refresh()
    notify(title, body)
    if (urgent) dialog.showErrorBox(title, body)
  }
}

/** The same call the window and the gateway make, in the name of the key, the tray or the menu. */
function callStop(workstation: Workstation, actor: StopSource): Promise<StopReceipt> {
  const context: ApiContext = { actor }
  const client = createRouterClient(workstation.router, { context }) as unknown as ContractRouterClient<Contract>
  return client.system.emergencyStop({ reason: `emergency stop by ${actor}` })
}

function notify(title: string, body: string): void {
  if (electron.Notification.isSupported()) new electron.Notification({ title, body, urgency: 'critical' }).show()
}
