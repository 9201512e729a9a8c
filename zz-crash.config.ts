import { defineConfig } from 'vitest/config'
export default defineConfig({ root: '/work/main', test: { projects: [{ test: { name: 'crash', root:'/work/main', include: ['test/crash/**/*.test.ts'], environment: 'node', testTimeout: 180_000, hookTimeout: 60_000, fileParallelism: false } }] } })
