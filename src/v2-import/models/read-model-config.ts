import { extname } from 'node:path'
import { parse } from 'yaml'
import { readPlainPickle } from './pickle/plain-data.ts'
import { readModelFile } from './read-model-file.ts'
import { damaged, unsupported } from './refusal.ts'

const CONFIG_BYTES_MAX = 4 * 1024 * 1024
const YAML_ALIASES_MAX = 50

/** A configuration that lay beside a checkpoint: `config.yaml`, `config.pkl` or `ml_config.json`, as plain data. Throws `FILE_INVALID` or `REFUSED`. */
export async function readModelConfig(path: string): Promise<unknown> {
  const bytes = await readModelFile(path, CONFIG_BYTES_MAX)
  const kind = extname(path).toLowerCase()
  if (kind === '.pkl' || kind === '.pickle') return readPlainPickle(bytes)
  if (!['.yaml', '.yml', '.json'].includes(kind)) throw unsupported(`${path} is neither YAML, JSON nor a pickle`)
  const text = Buffer.from(bytes).toString('utf8')
  try {
    return kind === '.json' ? (JSON.parse(text) as unknown) : (parse(text, { maxAliasCount: YAML_ALIASES_MAX }) as unknown)
  } catch (error) {
    throw damaged(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
