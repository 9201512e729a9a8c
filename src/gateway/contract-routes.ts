import { contract } from '#contract/api.ts'
import { API_PREFIX } from '#contract/stream.ts'

interface ContractRoute {
  readonly method: string
  /** As the contract writes it: `/orders/{id}`. */
  readonly path: string
  readonly pattern: RegExp
}

/** Every route of the contract, for what a router alone does not tell: which methods a path has, and a bounded name for metrics. */
export const CONTRACT_ROUTES: readonly ContractRoute[] = Object.values(contract).flatMap((group) =>
  Object.values(group).map((procedure) => {
    const { method = 'POST', path = '/' } = procedure['~orpc'].route
    return { method, path, pattern: new RegExp(`^${API_PREFIX}${path.replace(/\{[^}]+\}/g, '[^/]+')}/?$`) }
  }),
)

/** Methods the contract has for a path; empty when it does not know the path. */
export function methodsOf(path: string): string[] {
  return CONTRACT_ROUTES.filter((route) => route.pattern.test(path)).map((route) => route.method)
}

export function routeName(method: string, path: string): string | undefined {
  const route = CONTRACT_ROUTES.find((candidate) => candidate.method === method && candidate.pattern.test(path))
  return route && `${API_PREFIX}${route.path}`
}
