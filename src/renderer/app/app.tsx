/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a live line of words, not the result of a form */
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { Tooltip } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import { ClientProvider } from '#renderer/client/client-context.tsx'
import { createElectronClient, receivePorts } from '#renderer/client/electron-client.ts'
import { toFailure } from '#renderer/client/failure.ts'
import { createHttpClient } from '#renderer/client/http-client.ts'
import { forgetToken, keepToken, takeToken } from '#renderer/client/token.ts'
import type { WorkstationClient } from '#renderer/client/workstation-client.ts'
import { TokenScreen } from '#renderer/features/token/token-screen.tsx'
import { NumbersProvider } from '#renderer/format/use-numbers.tsx'
import { startCatalogue } from '#renderer/state/catalogue.ts'
import { startFeed } from '#renderer/state/feed.ts'
import { Empty, Guard } from '#renderer/ui/panel.tsx'
import { Screen } from './screen.tsx'

type Stage =
  | { readonly at: 'opening' }
  | { readonly at: 'token'; readonly failed: 'wrong' | 'unreachable' | undefined }
  | { readonly at: 'open'; readonly client: WorkstationClient }
  | { readonly at: 'failed'; readonly message: string }

/** Asks something cheap that needs the token, so that a wrong one is found before the screen opens. */
async function openHttp(token: string): Promise<WorkstationClient> {
  const client = createHttpClient(location.origin, token)
  try {
    await client.api.system.status()
    return client
  } catch (error) {
    client.close()
    throw error
  }
}

async function openFirst(): Promise<Stage> {
  if (window.workstation !== undefined) return { at: 'open', client: createElectronClient(await receivePorts(window)) }
  const token = takeToken(window)
  if (token === undefined) return { at: 'token', failed: undefined }
  try {
    return { at: 'open', client: await openHttp(token) }
  } catch (error) {
    return { at: 'token', failed: toFailure(error).kind === 'unauthorized' ? 'wrong' : 'unreachable' }
  }
}

// Asked for once, when the page loads: the ports come once, and the token leaves the address bar at once.
const first = openFirst()

function Session({ client, onUnauthorized }: { readonly client: WorkstationClient; readonly onUnauthorized: () => void }): ReactNode {
  useEffect(() => {
    const stops = [
      startFeed(client.stream),
      startCatalogue(client.api),
      client.stream.onStatus((status) => status.state === 'unauthorized' && onUnauthorized()),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [client, onUnauthorized])
  return (
    <ClientProvider value={client}>
      <Tooltip.Provider delayDuration={400}>
        <NumbersProvider>
          <Screen />
        </NumbersProvider>
      </Tooltip.Provider>
    </ClientProvider>
  )
}

function Opening(): ReactNode {
  const { t } = useTranslation()
  return (
    <main className="token-screen">
      <p className="dim" role="status">
        {t('connection.connecting')}
      </p>
    </main>
  )
}

export function App(): ReactNode {
  const [stage, setStage] = useState<Stage>({ at: 'opening' })
  useEffect(() => {
    first.then(setStage, (error: unknown) => setStage({ at: 'failed', message: toFailure(error).message }))
  }, [])
  const [onUnauthorized] = useState(() => () => {
    forgetToken(sessionStorage)
    setStage({ at: 'token', failed: 'wrong' })
  })
  const enter = async (token: string): Promise<void> => {
    const client = await openHttp(token)
    keepToken(sessionStorage, token)
    setStage({ at: 'open', client })
  }
  return (
    <Guard>
      {stage.at === 'open' && <Session client={stage.client} onUnauthorized={onUnauthorized} />}
      {stage.at === 'token' && <TokenScreen failed={stage.failed} onToken={enter} />}
      {stage.at === 'opening' && <Opening />}
      {stage.at === 'failed' && <Empty text={stage.message} />}
    </Guard>
  )
}
