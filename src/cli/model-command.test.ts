import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { modelCommandLine } from './model-command-line.ts'
import { runModelCommand } from './model-command.ts'

const DATA = resolve('../shared/data/patchtst')
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bot-trading-model-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

async function run(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await runModelCommand(modelCommandLine([...args, '--data-dir', directory]), { env: {}, stdout, stderr })
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

describe.skipIf(!existsSync(DATA))('bot-trading model (skipped where ../shared/data is absent)', () => {
  const checkpoint = join(DATA, 'small.pth')
  const fixture = join(DATA, 'small.json')

  it('converts a checkpoint, proves it against what PyTorch gave, and lists it', async () => {
    const { code, out } = await run('convert', checkpoint, '--verify', fixture, '--json')
    const report = JSON.parse(out) as {
      heads: Record<string, number>
      max_abs_diff: number
      parameters: number
      onnx: string
      sha256: string
    }
    expect(code).toBe(0)
    expect(report).toMatchObject({ parameters: 28_152, onnx: join(directory, 'models', 'small.onnx') })
    expect(report.max_abs_diff).toBeLessThanOrEqual(1e-4)
    expect(Object.keys(report.heads)).toContain('future_returns')
    expect(JSON.parse((await run('list', '--json')).out)).toEqual([{ name: 'small', sha256: report.sha256, problem: null }])
    expect(readdirSync(join(directory, 'models')).toSorted()).toEqual(['small.json', 'small.onnx'])
  })

  it('fails and writes nothing where the model differs', async () => {
    const changed = JSON.parse(readFileSync(fixture, 'utf8')) as { expected: Record<string, { values: number[] } | null> }
    const head = changed.expected['future_returns']
    if (head) head.values[3] = (head.values[3] ?? 0) + 2e-4
    writeFileSync(join(directory, 'changed.json'), JSON.stringify(changed))
    const { code, err } = await run('convert', checkpoint, '--verify', join(directory, 'changed.json'))
    expect([code, existsSync(join(directory, 'models'))]).toEqual([1, false])
    expect(err).toContain('It was not written.')
  })

  it('a head that PyTorch had and the model lacks is no parity', async () => {
    const changed = JSON.parse(readFileSync(fixture, 'utf8')) as { expected: Record<string, unknown> }
    changed.expected['another_head'] = { shape: [4, 1], values: [0, 0, 0, 0] }
    writeFileSync(join(directory, 'changed.json'), JSON.stringify(changed))
    expect((await run('convert', checkpoint, '--verify', join(directory, 'changed.json'))).code).toBe(1)
  })

  it('says of a model whose file was changed that it is not the one converted', async () => {
    await run('convert', checkpoint)
    const file = join(directory, 'models', 'small.onnx')
    const bytes = readFileSync(file)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(file, bytes)
    expect((await run('list')).out).toContain('not the one that was converted')
  })

  it('shows what a checkpoint holds and where each setting came from', async () => {
    const { out } = await run('inspect', join(DATA, 'small-bare.pth'))
    expect(out).toMatch(/n_heads = 4 \(from the default\)/)
    expect(out).toContain('28152 parameters')
  })
})

describe('what follows model', () => {
  it.each([[], ['train'], ['convert'], ['convert', 'a', 'b'], ['list', 'x'], ['inspect', 'a', '--out', 'b'], ['convert', 'a', '--no']])(
    '%o is wrong usage',
    (...args) => {
      expect(() => modelCommandLine(args)).toThrow()
    },
  )
})
