import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startGateway } from '#gateway/gateway.ts'
import { resolveToken } from '#gateway/token.ts'
import type { Workstation } from '#orchestrator/workstation-api.ts'
import type { HttpFront } from '#orchestrator/workstation-options.ts'
import { readConfig } from '#platform/config/config.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import type { Logger } from '#platform/log/logger.ts'

const OWNER_ONLY = 0o600
const TOKEN_BYTES = 32

export interface DesktopApiOptions {
  readonly workstation: Workstation
  readonly data: DataDirectory
  readonly configFile: string | null
  readonly rendererDir: string
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
}

/**
 * With `--api` the desktop program also answers on `api.host` and `api.port`, as the headless one does: browsers,
 * programs, and `bot-trading status|stop|resume`. Throws `PORT_TAKEN`, `CONFIG_INVALID`.
 */
export async function startDesktopApi(options: DesktopApiOptions): Promise<{ readonly close: () => Promise<void> }> {
  const { workstation, data, configFile, rendererDir, version, env, logger } = options
  const { host, port } = readConfig(configFile ?? join(data.path, 'config.yaml'), configFile !== null).api
  const { token } = await resolveToken({ dataDir: data.path, environment: env['API_TOKEN'] })
  const gateway = await startGateway({
    workstation,
    token,
    version,
    host,
    port,
    rendererDir,
    logger: logger.child({ component: 'gateway' }),
  })
  writeFileSync(data.instance, JSON.stringify({ pid: process.pid, url: gateway.url, version }), { mode: OWNER_ONLY })
  logger.info({ url: gateway.url }, 'the desktop program answers over HTTP')
  return {
    close: () => {
      rmSync(data.instance, { force: true })
      return gateway.close()
    },
  }
}

/** A front on a free port of this machine, with a token nobody else has: for the checklist, which looks from outside. */
export async function startPrivateFront({
  workstation,
  version,
  logger,
}: Pick<DesktopApiOptions, 'workstation' | 'version' | 'logger'>): Promise<HttpFront> {
  const token = randomBytes(TOKEN_BYTES).toString('hex')
  const gateway = await startGateway({
    workstation,
    token,
    version,
    host: '127.0.0.1',
    port: 0,
    rendererDir: undefined,
    logger: logger.child({ component: 'private-front' }),
  })
  return { url: gateway.url, token, close: () => gateway.close() }
}
