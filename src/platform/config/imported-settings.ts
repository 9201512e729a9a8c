import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isTimeframe, type Timeframe } from '#domain/candle.ts'
import { AppError } from '#domain/errors.ts'
import { codeOf } from '#platform/durable-file.ts'

/** In the data directory: what an import of version 2 proposes to the workstation. */
export const IMPORTED_SETTINGS_FILE = 'v2-settings.json'
const FILE_BYTES_MAX = 4 * 1_048_576
const TRADERS_MAX = 1_000

const decimal = z.string().regex(/^\d{1,20}(\.\d{1,12})?$/)

export const traderProposal = z.strictObject({
  id: z.string().min(1).max(64),
  strategy: z.string().min(1).max(80),
  symbols: z.array(z.string()).min(1).readonly(),
  timeframe: z.string().refine((text): text is Timeframe => isTimeframe(text)),
  params: z.record(z.string(), z.number()),
  /** Decimal text in the settle currency. */
  order_notional: decimal,
  /** Never running: a person starts it. `paused` stands only in files of earlier imports. */
  desired: z.enum(['stopped', 'paused']),
  reason: z.string(),
})
export type TraderProposal = z.infer<typeof traderProposal>

const telegramProposal = z.strictObject({
  /** Who may give commands, in the order of the file. A negative one is a group: everybody in it. */
  allowed_chats: z.array(z.string()).readonly(),
  /** Where messages go. */
  notify_chat: z.string().optional(),
  notifications: z.boolean().optional(),
})
export type TelegramProposal = z.infer<typeof telegramProposal>

/** What version 2 said of its model; the checkpoint's own shapes go before. */
const modelProposal = z.strictObject({
  features: z.number().optional(),
  predictions: z.number().optional(),
  lookback: z.number().optional(),
})
export type ModelProposal = z.infer<typeof modelProposal>

const importedSettings = z.strictObject({
  version: z.literal(1),
  traders: z.array(traderProposal).max(TRADERS_MAX).readonly(),
  telegram: telegramProposal.optional(),
  model: modelProposal.optional(),
})
export type ImportedSettings = z.infer<typeof importedSettings>

export function importedSettingsText(settings: Omit<ImportedSettings, 'version'>): string {
  return `${JSON.stringify({ version: 1, ...settings }, undefined, 2)}\n`
}

/** Undefined where nothing was imported. Throws `FILE_INVALID`. */
export async function readImportedSettings(dataDirectory: string): Promise<ImportedSettings | undefined> {
  const path = join(dataDirectory, IMPORTED_SETTINGS_FILE)
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unusable(path, codeOf(error), error)
  }
  if (bytes.length > FILE_BYTES_MAX) throw unusable(path, 'it is too long')
  try {
    return importedSettings.parse(JSON.parse(bytes.toString('utf8')))
  } catch (error) {
    throw unusable(path, 'it is not what an import writes', error)
  }
}

function unusable(path: string, why: string, cause?: unknown): AppError {
  return new AppError(
    'FILE_INVALID',
    `${path} cannot be used: ${why}. Its traders were not taken. Import the settings again, or remove the file.`,
    { cause },
  )
}
