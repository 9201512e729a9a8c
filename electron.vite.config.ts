import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

const root = import.meta.dirname

/**
 * Everything Node runs is one build: the two fronts, the command line and the thread entry points.
 * Entries and chunks lie exactly one folder under `out/`, as sources lie one folder under `src/`, so
 * `new URL('../workers/NAME.worker' + extension, import.meta.url)` is right in both.
 */
function nodeEntries(): Record<string, string> {
  const workers = readdirSync(join(root, 'src/workers')).filter((file) => file.endsWith('.worker.ts'))
  return Object.fromEntries([
    ...['main', 'headless', 'cli'].map((front) => [`${front}/index`, join(root, 'src', front, 'index.ts')]),
    ...workers.map((file) => [`workers/${file.slice(0, -'.ts'.length)}`, join(root, 'src/workers', file)]),
  ])
}

const sourceMaps = { sourcemap: true } as const

export default defineConfig({
  main: {
    build: {
      ...sourceMaps,
      outDir: 'out',
      // scripts/build.ts empties the folder; a rebuild in development must not take preload and renderer along.
      emptyOutDir: false,
      externalizeDeps: true,
      rollupOptions: {
        input: nodeEntries(),
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      ...sourceMaps,
      // A sandboxed preload can require nothing but Electron itself, and cannot be an ES module.
      externalizeDeps: false,
      rollupOptions: {
        input: { index: join(root, 'src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: join(root, 'src/renderer'),
    plugins: [react()],
    build: {
      ...sourceMaps,
      outDir: join(root, 'out/renderer'),
      minify: true,
      // Fonts and images stay files: the content security policy allows no data: fonts.
      assetsInlineLimit: 0,
      rollupOptions: { input: { index: join(root, 'src/renderer/index.html') } },
    },
  },
})
