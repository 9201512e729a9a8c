import { registerHooks } from 'node:module'

// Loaded by `node --import` before the built main: there `electron` is the stand-in of this folder, not Electron.
const standIn = new URL('./electron.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === 'electron' ? { url: standIn, shortCircuit: true, format: 'module-typescript' } : nextResolve(specifier, context),
})
