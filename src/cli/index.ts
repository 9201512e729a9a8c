#!/usr/bin/env node
import { commandLine, isSystemCommand, USAGE } from './command-line.ts'
import { EXIT, UsageError } from './exit.ts'

/** The entry of `bot-trading`. Parts with native modules are loaded only by the command that needs them. */
async function run(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  if (command === undefined || command === '--help' || command === 'help') {
    process.stdout.write(`${USAGE}\n`)
    return command === undefined ? EXIT.usage : EXIT.done
  }
  if (command === 'serve') {
    const { startHeadless } = await import('#headless/start-headless.ts')
    return startHeadless(rest)
  }
  if (command === 'audit') {
    const [{ auditCommandLine }, { runAuditCommand }] = await Promise.all([import('./audit-command-line.ts'), import('./audit-command.ts')])
    return runAuditCommand(auditCommandLine(rest), process)
  }
  if (command === 'model') {
    const [{ modelCommandLine }, { runModelCommand }] = await Promise.all([import('./model-command-line.ts'), import('./model-command.ts')])
    return runModelCommand(modelCommandLine(rest), process)
  }
  if (command === 'import' && rest.includes('--analyse')) {
    const { runAnalyseCommand } = await import('./analyse-command.ts')
    return runAnalyseCommand(rest, process)
  }
  if (command === 'import') {
    const [{ importCommandLine }, { runImportCommand }] = await Promise.all([
      import('./import-command-line.ts'),
      import('./import-command.ts'),
    ])
    return runImportCommand(importCommandLine(rest), process)
  }
  if (command === 'verify') {
    const { runVerifyCommand } = await import('./verify-command.ts')
    return runVerifyCommand(rest, process)
  }
  if (command === 'parallel-run') {
    const { runParallelCommand } = await import('./parallel-run-command.ts')
    return runParallelCommand(rest, process)
  }
  if (command === 'roll-back') {
    const { runRollBackCommand } = await import('./roll-back-command.ts')
    return runRollBackCommand(rest, process)
  }
  if (!isSystemCommand(command)) throw new UsageError(`There is no command "${command}".`)
  const { runSystemCommand } = await import('./system-commands.ts')
  return runSystemCommand(command, commandLine(rest), {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  })
}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  const wrongUsage = error instanceof UsageError
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${wrongUsage ? `${USAGE}\n` : ''}`)
  process.exitCode = wrongUsage ? EXIT.usage : EXIT.failed
}
