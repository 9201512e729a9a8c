import { walkDirectory } from '../backup/walk-directory.ts'
import { SETTING_FILES } from '../settings/setting.ts'

/** Files of version 2 that a migration reads besides its database, by path below its folder. */
export interface FolderFiles {
  readonly settings: readonly string[]
  readonly models: readonly string[]
  readonly scalers: readonly string[]
  readonly strategies: readonly string[]
}

const MODEL = /\.(?:pth|pt)$/i
const SCALER = /(?:^|\/)[^/]*scaler[^/]*\.(?:pkl|pickle)$/i
const STRATEGY = /^(?:trading\/)?strateg(?:y|ies)\/(?:.*\/)?(?!__init__\.py$)[^/]+\.py$/i
/** Programs and what they carry with them, among it files called .pth that are no models. */
const FOREIGN = /(?:^|\/)(?:\.git|\.venv|venv|env|node_modules|site-packages|__pycache__)\//
const FILES_MAX = 1_000

/** Links are not followed. Throws `REFUSED` for a folder that holds too much. */
export async function findFolderFiles(folder: string, signal?: AbortSignal): Promise<FolderFiles> {
  const { files } = await walkDirectory(folder, signal)
  const own = files.filter((file) => !FOREIGN.test(file))
  const matching = (pattern: RegExp): readonly string[] => own.filter((file) => pattern.test(file)).slice(0, FILES_MAX)
  return {
    settings: SETTING_FILES.filter((file) => own.includes(file)),
    models: matching(MODEL),
    scalers: matching(SCALER),
    strategies: matching(STRATEGY),
  }
}
