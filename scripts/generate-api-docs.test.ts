import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { CONTRACT_ROUTES } from '#gateway/contract-routes.ts'
import { API_DOCS_FILE, renderApiDocs } from './generate-api-docs.ts'

describe('docs/api.md', () => {
  it('is what the contract says today (node scripts/generate-api-docs.ts writes it anew)', async () => {
    expect(await readFile(API_DOCS_FILE, 'utf8')).toBe(await renderApiDocs())
  })

  it('has every route with an example', async () => {
    const text = await renderApiDocs()
    for (const { method, path } of CONTRACT_ROUTES) expect(text).toContain(`#### ${method} ${path}\n`)
    expect(text.match(/^curl /gm)).toHaveLength(CONTRACT_ROUTES.length)
  })
})
