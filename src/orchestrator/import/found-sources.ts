import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ImportRunsView } from '#contract/import.ts'

type Found = ImportRunsView['found'][number]

const FOUND_MAX = 8
const NAMES_MAX = 2_000
/** How people called the folder of version 2. */
const FOLDER = /^bot[-_ ]?trading(?:[-_ ]?v?2)?$/i
/** One of these makes a folder with such a name one of version 2. */
const MARKS = ['v2_full_backup.dump', 'v2_data_backup.dump', 'strategies.json', 'ml_config.json', '.env']

/** Folders of version 2 in the home folder and beside where the program was started. Only names are read. */
export async function findInstallations(places: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const place of new Set(places)) {
    const names = await readdir(place).catch(() => [])
    for (const name of names.slice(0, NAMES_MAX)) {
      const path = join(place, name)
      if (FOLDER.test(name) && found.length < FOUND_MAX && (await hasMark(path))) found.push(path)
    }
  }
  return found
}

async function hasMark(path: string): Promise<boolean> {
  for (const mark of MARKS) if ((await stat(join(path, mark)).catch(() => undefined))?.isFile() === true) return true
  return false
}

export function usualPlaces(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const home = env['HOME'] ?? env['USERPROFILE']
  return [...(home === undefined || home === '' ? [] : [home]), dirname(process.cwd())]
}

/** Newest first, each once; the ones that were used before those that were only found. */
export function mergeFound(used: readonly string[], found: readonly string[]): Found[] {
  const all: Found[] = [...new Set(used)].map((path) => ({ path, why: 'used' }))
  for (const path of found) if (!all.some((one) => one.path === path)) all.push({ path, why: 'found' })
  return all.slice(0, FOUND_MAX)
}
