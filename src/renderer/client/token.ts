const STORAGE_KEY = 'workstation.token'

/**
 * The token from `#token=…`, kept for the tab's session and taken out of the address bar, else the kept one.
 * A fragment is never sent to a server; it must not stay where a shoulder or a history can read it.
 */
export function takeToken(target: Pick<Window, 'location' | 'history' | 'sessionStorage'>): string | undefined {
  const fragment = new URLSearchParams(target.location.hash.slice(1))
  const given = fragment.get('token')
  if (given !== null && given !== '') {
    target.sessionStorage.setItem(STORAGE_KEY, given)
    fragment.delete('token')
    const rest = fragment.toString()
    target.history.replaceState(null, '', `${target.location.pathname}${target.location.search}${rest === '' ? '' : `#${rest}`}`)
    return given
  }
  return target.sessionStorage.getItem(STORAGE_KEY) ?? undefined
}

export function keepToken(storage: Storage, token: string): void {
  storage.setItem(STORAGE_KEY, token)
}

export function forgetToken(storage: Storage): void {
  storage.removeItem(STORAGE_KEY)
}
