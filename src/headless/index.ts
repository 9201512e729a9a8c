import { main } from './serve.ts'

process.exitCode = await main(process.argv.slice(2))
