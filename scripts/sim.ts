import { createRequire } from 'node:module'
import { runSim } from '../test/simulation/run/command.ts'

createRequire(import.meta.url)('./require-node.cjs')

process.exitCode = await runSim(process.argv.slice(2), (line) => console.log(line))
