import { expect, test } from 'vitest'
import { readLaunchOptions } from './launch-options.ts'

test('without options: the usual directory, Postgres, no replay', () => {
  expect(readLaunchOptions([])).toEqual({ dataDir: null, configFile: null, postgres: true, api: false, replay: null })
})

test("reads ours and lets Chromium's pass", () => {
  const args = [
    '--data-dir',
    '/d',
    '--config=/c.yaml',
    '--no-postgres',
    '--api',
    '--replay',
    'a.csv,b.csv',
    '--speed',
    '60',
    '--enable-logging',
    '--inspect=0',
    '--force-device-scale-factor=2',
  ]
  expect(readLaunchOptions(args)).toEqual({
    dataDir: '/d',
    configFile: '/c.yaml',
    postgres: false,
    api: true,
    replay: { files: ['a.csv', 'b.csv'], symbol: undefined, timeframe: undefined, speed: 60 },
  })
})

test('a speed that is none is an error, not the default', () => {
  for (const speed of ['0', '-1', 'fast', 'Infinity'])
    expect(() => readLaunchOptions(['--replay', 'a.csv', `--speed=${speed}`])).toThrow('--speed')
  expect(readLaunchOptions(['--replay', 'a.csv']).replay?.speed).toBe('max')
})
