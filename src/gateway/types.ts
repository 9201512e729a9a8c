import type { AnyRouter } from '@orpc/server'
import type { FastifyInstance } from 'fastify'
import type { ClientFrame, ServerFrame } from '#contract/stream.ts'
import type { StatusView } from '#contract/views.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { Authentication, Authenticator } from './authenticator.ts'
import type { HttpMetrics } from './http-metrics.ts'

/** What the gateway serves: a running workstation, as far as it is needed here. */
export interface ServedWorkstation {
  /** Handlers of the contract, called with an `ApiContext`. */
  readonly router: AnyRouter
  openStream(send: (frame: ServerFrame) => boolean): { receive(frame: ClientFrame): void; close(): void }
  status(): StatusView
  /** Prometheus text. */
  metrics(): Promise<string>
}

export interface GatewayOptions {
  readonly workstation: ServedWorkstation
  /** Address to listen on. Anything but loopback is the person's explicit wish. */
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  readonly token: string
  /** The built screens; without it only the API is served. */
  readonly rendererDir?: string | undefined
  readonly logger: Logger
  readonly version: string
}

/** What the parts of the gateway share. */
export interface GatewayParts {
  readonly app: FastifyInstance
  readonly options: GatewayOptions
  readonly authenticator: Authenticator
  readonly metrics: HttpMetrics
}

declare module 'fastify' {
  interface FastifyRequest {
    authentication: Authentication
  }
}
