import { z } from 'zod'

/** Files lie under this folder in the archive, so that none can stand where the manifest does. */
export const FILES_PREFIX = 'v2/'
/** The last entry: only then all sums are known. */
export const MANIFEST_NAME = 'manifest.json'
export const MANIFEST_BYTES_MAX = 128 * 1_048_576

const manifestFile = z.strictObject({
  path: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string(),
  mode: z.number().int(),
  /** UTC, milliseconds. */
  modified_ms: z.number(),
  /** It changed while it was read, twice: what the archive has may be half the old and half the new one. */
  changed_while_read: z.boolean(),
})
export type ManifestFile = z.infer<typeof manifestFile>

const leftOut = z.strictObject({ path: z.string(), reason: z.string() })
export type LeftOut = z.infer<typeof leftOut>

export const manifestSchema = z.strictObject({
  version: z.literal(1),
  made_at_ms: z.number(),
  source: z.string(),
  files: z.array(manifestFile),
  directories: z.array(z.string()),
  /** Links inside of the folder, kept as links. */
  links: z.array(z.strictObject({ path: z.string(), target: z.string() })),
  /** What is there and not in the archive. */
  left_out: z.array(leftOut),
})
export type Manifest = z.infer<typeof manifestSchema>
