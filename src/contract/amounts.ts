import { z } from 'zod'

/** Building blocks of every schema: money is decimal text, time is UTC milliseconds. */
export const decimal = z
  .string()
  .regex(/^-?\d{1,40}(\.\d{1,30})?$/, 'plain decimal text, e.g. "0.01"')
  .max(80)
export const timeMs = z.number().int().nonnegative()
export const symbol = z.string().regex(/^[A-Z0-9]{1,15}\/[A-Z0-9]{1,15}(:[A-Z0-9]{1,15})?$/, 'a symbol like BTC/USDT or BTC/USDT:USDT')
export const traderId = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, - and _')
/** Place of the fact behind a row; newest is highest. Also the cursor of lists. */
export const seq = z.number().int().nonnegative()
