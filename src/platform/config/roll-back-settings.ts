import { z } from 'zod'

const MINUTE_MS = 60_000

/** A program and its arguments; there is no shell, so nothing in them is special. */
const command = z.strictObject({
  run: z.tuple([z.string().min(1).max(4_096)], z.string().max(4_096)),
  working_directory: z.string().max(4_096).optional(),
  /** After which it is ended, milliseconds. */
  deadline_ms: z
    .number()
    .int()
    .min(100)
    .max(30 * MINUTE_MS)
    .default(MINUTE_MS),
})

/** The status and what the body holds, both. */
const check = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  status: z.number().int().min(100).max(599).default(200),
  contains: z.string().min(1).max(1_000),
  /** A program that starts is asked again until then, milliseconds. */
  within_ms: z
    .number()
    .int()
    .min(0)
    .max(30 * MINUTE_MS)
    .default(MINUTE_MS),
})

const part = z
  .strictObject({
    /** Stops this part of version 3. */
    stop: command.optional(),
    /** Starts this part of version 2. */
    start: command.optional(),
    /** Leaves with 0 when version 2's part works. */
    verify: command.optional(),
    check: check.optional(),
  })
  .prefault({})

/** How `bot-trading roll-back` goes back to version 2; what is not given is done by hand. */
export const rollBackSettings = z.strictObject({ engine: part, api: part, models: part, telegram: part }).prefault({})
export type RollBackConfig = z.infer<typeof rollBackSettings>
