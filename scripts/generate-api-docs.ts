import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isProcedureContract, renderRoute, type DocumentedRoute } from './api-docs-route.ts'
import { contract } from '#contract/api.ts'
import { API_PREFIX } from '#contract/stream.ts'
import { buildOpenApiDocument } from '#gateway/openapi.ts'
import { GATEWAY_PROBLEMS } from '#gateway/problem.ts'
import { PROBLEMS } from '#orchestrator/handlers/problems.ts'
import { API_INTRODUCTION, STREAM_CHAPTER } from './api-docs-text.ts'
import { ROOT } from './paths.ts'

export const API_DOCS_FILE = join(ROOT, 'docs', 'api.md')

/** `docs/api.md`: routes and errors from the code, the rest from `api-docs-text.ts`. */
export async function renderApiDocs(): Promise<string> {
  const document = await buildOpenApiDocument('3')
  const routes = Object.entries(contract).flatMap(([group, procedures]) =>
    Object.values(procedures).flatMap((procedure): DocumentedRoute[] => {
      if (!isProcedureContract(procedure)) return []
      const { method = 'POST', path = '/', summary = '' } = procedure['~orpc'].route
      const operation = document.paths?.[path]?.[method.toLowerCase() as 'get']
      return operation === undefined ? [] : [{ group, method, path, summary, operation }]
    }),
  )
  const groups = [...new Set(routes.map((route) => route.group))]
  return [
    API_INTRODUCTION,
    errorsChapter(),
    '## Routes\n',
    `All of them lie under \`${API_PREFIX}\` and need the token. The examples expect \`URL\` and \`TOKEN\` in the environment.\n`,
    ...groups.flatMap((group) => [`### ${group}\n`, ...routes.filter((route) => route.group === group).map((route) => renderRoute(route))]),
    STREAM_CHAPTER,
  ].join('\n')
}

function errorsChapter(): string {
  const gateway = Object.entries(GATEWAY_PROBLEMS).map(([code, { status, when }]) => [code, status, when] as const)
  const calls = Object.entries(PROBLEMS).map(
    ([code, { status, title }]) => [code, status, title.charAt(0).toLowerCase() + title.slice(1)] as const,
  )
  const rows = [...gateway, ...calls.filter(([code]) => !Object.hasOwn(GATEWAY_PROBLEMS, code))].toSorted(
    (a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1),
  )
  return [
    '## Errors\n',
    'Every error is `application/problem+json` (RFC 9457). `code` is stable; `detail` is for people; `errors` names faults of single fields.\n',
    '```json',
    JSON.stringify(
      {
        type: 'urn:bot-trading:problem:INPUT_INVALID',
        title: 'Bad Request',
        status: 400,
        code: 'INPUT_INVALID',
        detail: '[0].quantity: plain decimal text, e.g. "0.01"',
        errors: [{ path: '[0].quantity', message: 'plain decimal text, e.g. "0.01"' }],
      },
      null,
      2,
    ),
    '```\n',
    '| code | status | when |',
    '|---|---|---|',
    ...rows.map(([code, status, when]) => `| \`${code}\` | ${status} | ${when} |`),
    '',
  ].join('\n')
}

if (import.meta.main) await writeFile(API_DOCS_FILE, await renderApiDocs())
