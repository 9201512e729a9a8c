import { type Document, isMap, isScalar, parseDocument } from 'yaml'
import { AppError } from '#domain/errors.ts'
import { configSchema } from '#platform/config/config.ts'
import type { ConfigChange } from './settings-plan.ts'

const HEAD = '# Settings of this workstation. What was taken from version 2 is marked.\n'
const MARK = ' from version 2'

export interface ConfigEdit {
  readonly text: string
  /** `section.key` of those the person had set already, to another value: theirs stays. */
  readonly kept: readonly string[]
}

/**
 * The file with the changes added; all that stands in it, comments too, stays. Throws `CONFIG_INVALID` when the file is not valid,
 * before or after.
 */
export function editConfig(path: string, text: string | undefined, changes: readonly ConfigChange[]): ConfigEdit {
  const document: Document = parseDocument(text ?? '', { prettyErrors: false })
  const root = document.contents
  if (document.errors.length > 0 || !(root === null || isMap(root) || (isScalar(root) && root.value === null)))
    throw new AppError('CONFIG_INVALID', `${path} is not valid YAML. Nothing was changed. Correct it and run this again.`)
  checkConfig(path, document.toJS())
  const kept: string[] = []
  let isChanged = false
  for (const change of changes) {
    const [section, key] = change.path
    const present: unknown = document.getIn([section, key])
    if (present !== undefined && present !== null) {
      if (present !== change.value) kept.push(change.path.join('.'))
      continue
    }
    if (!isMap(document.contents)) document.contents = document.createNode({})
    if (!isMap(document.get(section))) document.set(section, document.createNode({}))
    const value = document.createNode(change.value)
    const isMarked = !flowOf(document.get(section))
    if (isMarked) value.comment = MARK
    if (typeof change.value === 'string' && /^[\d.]+$/.test(change.value)) value.type = 'QUOTE_DOUBLE'
    document.setIn([section, key], value)
    isChanged = true
  }
  if (!isChanged) return { text: text ?? '', kept }
  const edited = `${text === undefined ? HEAD : ''}${document.toString({ lineWidth: 0 })}`
  checkConfig(path, parseDocument(edited).toJS())
  return { text: edited, kept }
}

function flowOf(section: unknown): boolean {
  return isMap(section) && section.flow === true
}

function checkConfig(path: string, data: unknown): void {
  const parsed = configSchema.safeParse(data ?? {})
  if (parsed.success) return
  const keys = parsed.error.issues.map((issue) => issue.path.join('.') || '(top)')
  throw new AppError('CONFIG_INVALID', `${path} cannot be used: ${keys.join(', ')}. Nothing was changed. Correct it and run this again.`)
}
