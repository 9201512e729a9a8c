import { createContext, useContext } from 'react'
import type { WorkstationClient } from './workstation-client.ts'

const ClientContext = createContext<WorkstationClient | undefined>(undefined)
export const ClientProvider = ClientContext.Provider

export function useClient(): WorkstationClient {
  const client = useContext(ClientContext)
  if (client === undefined) throw new Error('no client: render inside ClientProvider')
  return client
}
