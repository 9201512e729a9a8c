import { registerHooks } from 'node:module'
import { indicators } from '#strategies/indicators/indicators.ts'
import { defineStrategy, HISTORY_BARS } from '#strategies/strategy.ts'

const PACKAGE = 'bot-trading'
const PACKAGE_URL = 'bot-trading:strategy'
const FACE = 'bot-trading.strategy'

/**
 * Prepares this thread for a person's own strategies: `defineStrategy` is a global, `import … from 'bot-trading'` works
 * without an installed package, and a file of the directory may import only that and its neighbours. What a strategy
 * computes then depends on its candles alone, unless it goes out of its way.
 */
export function applyModuleRules(directoryUrl: string): void {
  const face = Object.freeze({ defineStrategy, indicators, HISTORY_BARS })
  Object.assign(globalThis, { defineStrategy })
  Object.defineProperty(globalThis, Symbol.for(FACE), { value: face })
  const source = Object.keys(face)
    .map((name) => `export const ${name} = globalThis[Symbol.for('${FACE}')].${name}\n`)
    .join('')

  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === PACKAGE) return { url: PACKAGE_URL, format: 'module', shortCircuit: true }
      if (context.parentURL?.startsWith(directoryUrl) !== true) return nextResolve(specifier, context)
      const resolved = /^\.\.?\//.test(specifier) ? nextResolve(specifier, context) : undefined
      if (resolved?.url.startsWith(directoryUrl) === true) return resolved
      throw new Error(`a strategy may import '${PACKAGE}' and files of its own folder, not '${specifier}'`)
    },
    load(url, context, nextLoad) {
      if (url === PACKAGE_URL) return { format: 'module', source, shortCircuit: true }
      if (!url.startsWith(directoryUrl)) return nextLoad(url, context)
      // Said here, because the data directory has no package.json that says it.
      return nextLoad(url, { ...context, format: /\.m?ts$/.test(new URL(url).pathname) ? 'module-typescript' : 'module' })
    },
  })
}
