import { OpenAPIGenerator } from '@orpc/openapi'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'
import { contract } from '#contract/api.ts'
import { API_PREFIX } from '#contract/stream.ts'

export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'An error, as RFC 9457 has it.',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable: programs may rely on it.' },
    detail: { type: 'string', description: 'What happened, in words.' },
    errors: {
      type: 'array',
      description: 'Faults of single fields.',
      items: { type: 'object', required: ['path', 'message'], properties: { path: { type: 'string' }, message: { type: 'string' } } },
    },
  },
} as const

/** The contract as an OpenAPI 3.1 document. */
export async function buildOpenApiDocument(version: string) {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
  const document = await generator.generate(contract, {
    info: { title: 'BOT Trading', version, description: 'The workstation over REST. Money is decimal text, time is UTC milliseconds.' },
    servers: [{ url: API_PREFIX }],
    security: [{ bearer: [] }],
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  })
  const error = { description: 'An error', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }
  const idempotencyKey = {
    name: 'Idempotency-Key',
    in: 'header' as const,
    required: false,
    description: 'The same key with the same request is done once and answered alike for 24 hours.',
    schema: { type: 'string' as const, pattern: '^[\\w:./@-]{1,100}$' },
  }
  for (const item of Object.values(document.paths ?? {})) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const operation = item?.[method]
      if (operation === undefined) continue
      operation.responses = { ...operation.responses, default: error }
      if (method !== 'get') operation.parameters = [...(operation.parameters ?? []), idempotencyKey]
    }
  }
  return { ...document, components: { ...document.components, schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA } } }
}
