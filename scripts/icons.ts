import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { findChromium } from './chromium.ts'
import { ROOT } from './paths.ts'

// Draws the PNG icons from the SVGs: `node scripts/icons.ts`, needed only when an SVG changes.
const RESOURCES = join(ROOT, 'resources')
const APP_SIZES = [16, 32, 48, 64, 128, 256, 512] as const
const ICON_SIZE = 1024
const TRAY_SIZES = { 'tray.png': 16, 'tray@2x.png': 32 } as const

const executablePath = findChromium()
if (executablePath === null) throw new Error('no Chromium found to draw the icons with')
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
const page = await browser.newPage()

async function draw(svgFile: string, size: number, file: string): Promise<void> {
  const svg = readFileSync(join(RESOURCES, svgFile)).toString('base64')
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<body style="margin:0"><img width="${size}" height="${size}" style="display:block" src="data:image/svg+xml;base64,${svg}"></body>`,
  )
  await page.waitForFunction('document.images[0].naturalWidth > 0')
  writeFileSync(join(RESOURCES, file), await page.screenshot({ omitBackground: true }))
}

mkdirSync(join(RESOURCES, 'icons'), { recursive: true })
for (const size of APP_SIZES) await draw('icon.svg', size, `icons/${size}x${size}.png`)
await draw('icon.svg', ICON_SIZE, 'icon.png')
for (const [file, size] of Object.entries(TRAY_SIZES)) await draw('tray.svg', size, file)
await browser.close()
