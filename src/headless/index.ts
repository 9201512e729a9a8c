import { startHeadless } from './start-headless.ts'

process.exitCode = await startHeadless(process.argv.slice(2))
