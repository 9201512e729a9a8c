import { AppError } from '#domain/errors.ts'
import type { SourceView } from './source-view.ts'

/** Says what a source is and what lies beside it. Throws `AppError`. */
export async function inspectSource(
  _what: { readonly source: string; readonly v2Directory?: string | undefined },
  _signal?: AbortSignal,
): Promise<SourceView> {
  return await Promise.reject(new AppError('REFUSED', 'Not there yet. Nothing was done.'))
}
