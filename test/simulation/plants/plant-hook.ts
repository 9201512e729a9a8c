import { registerHooks } from 'node:module'

/** A deliberate fault: one place of one source file, replaced when the file is loaded. Nothing of it is in the product. */
export interface Plant {
  readonly name: string
  /** From the checkout, e.g. `src/engine/apply.ts`. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/**
 * Replaces the snippet in this process only, for modules loaded from now on. Throws when it is not there exactly once: the code
 * has moved on and the plant is stale. The returned function says whether the file has been loaded since.
 */
export function installPlant(plant: Plant): () => boolean {
  let isLoaded = false
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith(`/${plant.file}`)) return loaded
      const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source as Uint8Array)
      const found = source.split(plant.find).length - 1
      if (found !== 1) throw new Error(`stale plant "${plant.name}": its snippet occurs ${found} times in ${plant.file}`)
      isLoaded = true
      return { ...loaded, source: source.replace(plant.find, () => plant.replace) }
    },
  })
  return () => isLoaded
}
