import { API_PREFIX } from '#contract/stream.ts'

/** As much of JSON Schema as the contract uses. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly pattern?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
}

interface Operation {
  readonly parameters?: readonly unknown[]
  readonly requestBody?: unknown
  readonly responses?: Readonly<Record<string, unknown>>
}

export interface DocumentedRoute {
  readonly group: string
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly operation: Operation
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Schema
}

interface Route {
  readonly method?: string
  readonly path?: string
  readonly summary?: string
}

export function isProcedureContract(value: unknown): value is { readonly '~orpc': { readonly route: Route } } {
  return typeof value === 'object' && value !== null && '~orpc' in value
}

/** One route: what goes in, what comes out, and a call to try. */
export function renderRoute({ method, path, summary, operation }: DocumentedRoute): string {
  const parameters = ((operation.parameters ?? []) as readonly Parameter[]).filter((parameter) => parameter.in !== 'header')
  const body = schemaOf(operation.requestBody)
  const answer = schemaOf(operation.responses?.['200'])
  return [
    `#### ${method} ${path}\n`,
    `${summary}.\n`,
    ...(parameters.length === 0 ? [] : ['| parameter | in | value |', '|---|---|---|', ...parameters.map(parameterRow), '']),
    ...(body === undefined ? [] : ['Body:\n', '```', shape(body), '```\n']),
    ...(answer === undefined ? [] : ['Answer:\n', '```', shape(answer), '```\n']),
    `Errors: ${errorsOf(method, path, parameters.length > 0 || body !== undefined)
      .map((code) => `\`${code}\``)
      .join(', ')}.\n`,
    '```sh',
    curl(method, path, body),
    '```\n',
  ].join('\n')
}

/** Codes a caller of this route should expect; those of transport and guard can come from any route. */
function errorsOf(method: string, path: string, takesInput: boolean): string[] {
  const named = /\{/.test(path)
  return [
    'UNAUTHORIZED',
    ...(takesInput ? ['INPUT_INVALID'] : []),
    ...(named ? ['NOT_FOUND'] : []),
    ...(method === 'GET'
      ? []
      : ['IDEMPOTENCY_KEY_INVALID', 'IDEMPOTENCY_KEY_REUSED', 'CONFLICT', 'REFUSED', 'UNAVAILABLE', 'DEADLINE_EXCEEDED']),
    'INTERNAL',
  ]
}

function parameterRow({ name, in: place, required, schema }: Parameter): string {
  const value = schema === undefined ? 'text' : shape(schema).replaceAll('|', '\\|')
  return `| \`${name}\` | ${place} | ${value}${required === true ? '' : ', optional'} |`
}

function schemaOf(holder: unknown): Schema | undefined {
  const content = (holder as { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> } | undefined)?.content
  return content?.['application/json']?.schema
}

/** A schema the way a person writes a type. */
function shape(schema: Schema, indent = ''): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.anyOf !== undefined) return schema.anyOf.map((branch) => shape(branch, indent)).join(' | ')
  if (schema.properties !== undefined) return objectShape(schema, schema.properties, indent)
  if (schema.items !== undefined) return `${bracketed(shape(schema.items, indent))}[]${range(schema.minItems, schema.maxItems, ' items')}`
  if (typeof schema.additionalProperties === 'object') return `{ [name]: ${shape(schema.additionalProperties, indent)} }`
  return `${primitive(schema)}${schema.default === undefined ? '' : `, ${JSON.stringify(schema.default)} if absent`}`
}

function objectShape(schema: Schema, properties: Readonly<Record<string, Schema>>, indent: string): string {
  const inner = `${indent}  `
  const lines = Object.entries(properties).map(([name, property]) => {
    const optional = schema.required?.includes(name) === true ? '' : '?'
    return `${inner}${name}${optional}: ${shape(property, inner)}`
  })
  return `{\n${lines.join('\n')}\n${indent}}`
}

function primitive(schema: Schema): string {
  if (schema.type === 'string') {
    if (schema.pattern?.startsWith('^-?\\d') === true) return 'decimal'
    return `text${range(schema.minLength, schema.maxLength, ' characters')}`
  }
  if (schema.type === 'integer' || schema.type === 'number') {
    const maximum = schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum
    const minimum = schema.minimum === Number.MIN_SAFE_INTEGER ? undefined : schema.minimum
    return `${schema.type}${range(minimum, maximum, '')}`
  }
  if (Array.isArray(schema.type)) return schema.type.join(' | ')
  return typeof schema.type === 'string' ? schema.type : 'anything'
}

function range(minimum: number | undefined, maximum: number | undefined, unit: string): string {
  if (maximum === undefined) return minimum === undefined || minimum === 0 ? '' : ` (at least ${minimum}${unit})`
  return ` (${minimum ?? 0} to ${maximum}${unit})`
}

function bracketed(text: string): string {
  return text.includes(' | ') && !text.startsWith('{') ? `(${text})` : text
}

const BODIES: Readonly<Record<string, unknown>> = {
  'POST /signals': { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.01', strategy: 'test_strategy' },
  'POST /orders': { symbol: 'BTC/USDT', side: 'BUY', type: 'LIMIT', quantity: '0.01', price: '50000' },
  'POST /system/emergency-stop': { flatten: false, reason: 'leaving the house' },
  'POST /system/resume': { reason: 'back at the desk' },
  'POST /traders': { id: 'trend-btc', strategy: 'ema-cross', symbols: ['BTC/USDT'], timeframe: '5m', order_notional: '500' },
  'PATCH /traders/{id}': { order_notional: '750' },
  'PUT /risk/limits': {
    max_order_notional: '5000',
    max_position_notional: '10000',
    max_open_positions: 5,
    max_daily_loss: '500',
    max_orders_per_second: 20,
    price_collar_bps: '500',
    reference_max_age_ms: 180_000,
    max_open_orders: 200,
  },
}
const IDS: Readonly<Record<string, string>> = {
  '/orders': 'p7x20000mabc1230000000001a',
  '/positions': 'manual.BTC-USDT',
  '/traders': 'trend-btc',
}

function curl(method: string, path: string, body: Schema | undefined): string {
  const place = path.replace('{symbol}', 'BTC-USDT').replace('{id}', IDS[`/${path.split('/')[1] ?? ''}`] ?? 'ID')
  const parts = [`curl -sS${method === 'GET' ? '' : ` -X ${method}`} -H "Authorization: Bearer $TOKEN"`]
  if (method !== 'GET') parts.push('-H "Idempotency-Key: $(uuidgen)"')
  if (body !== undefined) parts.push(`-H 'Content-Type: application/json' -d '${JSON.stringify(BODIES[`${method} ${path}`] ?? {})}'`)
  return `${parts.join(' \\\n  ')} \\\n  "$URL${API_PREFIX}${place}"`
}
