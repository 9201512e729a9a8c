import { defineConfig } from 'vitest/config'

/** A machine that does other things beside is no fault: what is waited for comes when it comes. */
const PATIENT = { poll: { timeout: 30_000, interval: 50 } }

// `vitest` alone runs everything; `npm test` runs the projects in order and prints one closing line.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'scripts/**/*.test.ts'],
          environment: 'node',
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          expect: PATIENT,
          include: ['test/contract/**/*.test.ts', 'test/integration/**/*.test.ts'],
          environment: 'node',
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // Most of them wait for servers and clocks: two at a time keep two processors busy.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'simulation',
          expect: PATIENT,
          include: ['test/simulation/**/*.test.ts'],
          environment: 'node',
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Power loss, outages of Postgres, kills at named points: short forms; the long ones are asked for by environment variables.
        test: {
          name: 'durability',
          expect: PATIENT,
          include: ['test/durability/**/*.test.ts', 'test/crash/**/*.test.ts'],
          environment: 'node',
          testTimeout: 1_200_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'acceptance',
          expect: PATIENT,
          include: ['test/acceptance/**/*.test.ts'],
          environment: 'node',
          testTimeout: 1_200_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          expect: PATIENT,
          include: ['test/e2e/**/*.test.ts'],
          environment: 'node',
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
