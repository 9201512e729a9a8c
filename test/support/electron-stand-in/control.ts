import type { Reply, Request, Told } from './control-protocol.ts'

/** Tells the test something; without a test (started by hand) nobody listens. */
export function tell(told: Told): void {
  process.send?.(told)
}

/** Answers the test's commands, one at a time as they come. */
export function obey(carryOut: (request: Request) => Promise<unknown>): void {
  process.on('message', (request: Request) => {
    carryOut(request).then(
      (value) => process.send?.({ id: request.id, ok: true, value: value ?? null } satisfies Reply),
      (error: unknown) =>
        process.send?.({ id: request.id, ok: false, message: error instanceof Error ? error.message : String(error) } satisfies Reply),
    )
  })
  // Like Electron it stays until told to quit; without its test it has nobody to stay for.
  process.once('disconnect', () => process.exit(1))
}
