import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backupDirectory } from './backup-directory.ts'
import { verifyBackup } from './verify-backup.ts'

const V2 = resolve('../shared/data/v2-install/worn')
const isWindows = process.platform === 'win32'
let place: string
let v2: string
let target: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'bot-trading-backup-'))
  v2 = join(place, 'v2')
  target = join(place, 'v2.tar.gz')
  mkdirSync(join(v2, 'models'), { recursive: true })
  writeFileSync(join(v2, '.env'), 'KEY=value\n', { mode: 0o640 })
  writeFileSync(join(v2, 'empty.txt'), '')
  writeFileSync(join(v2, 'models', 'модель.pth'), randomBytes(1_000_003))
  mkdirSync(join(v2, 'nothing'))
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

/** What the system's own tar makes of it. */
function unpack(): string {
  const out = join(place, 'out')
  mkdirSync(out)
  execFileSync('tar', ['-xzf', target, '-C', out])
  return join(out, 'v2')
}

describe('the backup of a folder', () => {
  it('is unpacked by tar to the same bytes, names and modes; the archive belongs to its owner alone', async () => {
    const report = await backupDirectory(v2, target)
    const out = unpack()
    for (const name of ['.env', 'empty.txt', 'models/модель.pth'])
      expect(readFileSync(join(out, name)).equals(readFileSync(join(v2, name)))).toBe(true)
    expect(readdirSync(join(out, 'nothing'))).toEqual([])
    expect([report.files, report.sourceBytes, report.sourceChanged, report.leftOut]).toEqual([3, 1_000_013, [], []])
    if (!isWindows) expect([statSync(target).mode & 0o777, statSync(join(out, '.env')).mode & 0o777]).toEqual([0o600, 0o640])
    expect(report.bytes).toBe(statSync(target).size)
    expect(readdirSync(place).sort()).toEqual(['out', 'v2', 'v2.tar.gz'])
  })

  it.skipIf(isWindows)('keeps links inside, and names what leads outside or is no file without following it', async () => {
    writeFileSync(join(place, 'outside'), 'not to be packed')
    symlinkSync('../.env', join(v2, 'models', 'inside'))
    symlinkSync('../outside', join(v2, 'leads-out'))
    symlinkSync(join(v2, '.env'), join(v2, 'absolute'))
    symlinkSync('leads-out', join(v2, 'by-another'))
    symlinkSync('..', join(v2, 'models', 'round'))
    execFileSync('mkfifo', [join(v2, 'pipe')])
    const report = await backupDirectory(v2, target)
    expect(report.links).toBe(2)
    expect(report.leftOut.map(({ path }) => path).sort()).toEqual(['absolute', 'by-another', 'leads-out', 'pipe'])
    expect(report.leftOut.find(({ path }) => path === 'pipe')?.reason).toBe('a pipe')
    expect(readdirSync(unpack()).sort()).toEqual(['.env', 'empty.txt', 'models', 'nothing'])
  })

  it('names a file that keeps changing while it is read, and the archive is still whole', async () => {
    const log = join(v2, 'engine.log')
    writeFileSync(log, randomBytes(8_000_000))
    let progress = 0
    // Another process appends as version 2 would.
    const writer = spawn(process.execPath, [
      '-e',
      'const{appendFileSync}=require("fs");for(;;)appendFileSync(process.argv[1],"line\\n")',
      log,
    ])
    try {
      while (statSync(log).size === 8_000_000) await new Promise((done) => setTimeout(done, 10))
      const report = await backupDirectory(v2, target, { onProgress: () => (progress += 1) })
      expect(report.changedWhileRead).toEqual(['engine.log'])
      expect(report.sourceChanged).toEqual(['engine.log'])
    } finally {
      writer.kill('SIGKILL')
    }
    const check = await verifyBackup(target)
    expect([check.problems, check.files]).toEqual([[], 4])
    expect(check.manifest.files.filter((file) => file.changed_while_read).map(({ path }) => path)).toEqual(['engine.log'])
    expect(progress).toBeGreaterThan(4)
  })

  it('takes a file that changed once as it is afterwards, and tells what changed later', async () => {
    let changes = 0
    const onProgress = ({ phase, files }: { phase: string; files: number }): void => {
      if (phase === 'verify' && files === 0) appendFileSync(join(v2, '.env'), `A${(changes += 1)}=1\n`)
    }
    const report = await backupDirectory(v2, target, { onProgress })
    expect([report.changedWhileRead, report.sourceChanged, changes]).toEqual([[], ['.env'], 1])
  })

  it.skipIf(isWindows || process.getuid?.() === 0)('leaves out what it may not read, with the reason', async () => {
    chmodSync(join(v2, '.env'), 0)
    const report = await backupDirectory(v2, target)
    expect(report.leftOut).toEqual([{ path: '.env', reason: 'it cannot be read (EACCES)' }])
  })

  it('refuses to write into version 2, over another file, and to pack what is no folder', async () => {
    await expect(backupDirectory(v2, join(v2, 'models', 'b.tar.gz'))).rejects.toMatchObject({ code: 'REFUSED' })
    writeFileSync(target, 'mine')
    await expect(backupDirectory(v2, target)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(readFileSync(target, 'utf8')).toBe('mine')
    await expect(backupDirectory(join(v2, '.env'), join(place, 'x'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(backupDirectory(v2, join(place, 'none', 'x'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('leaves nothing when it is stopped', async () => {
    const stop = new AbortController()
    const onProgress = ({ files }: { files: number }): void => (files === 2 ? stop.abort(new Error('stopped')) : undefined)
    await expect(backupDirectory(v2, target, { signal: stop.signal, onProgress })).rejects.toThrow('stopped')
    expect(readdirSync(place)).toEqual(['v2'])
  })

  it.skipIf(isWindows)('leaves nothing when there is no space, and says so', () => {
    const script = join(place, 'run.mjs')
    const module = resolve('src/v2-import/backup/backup-directory.ts')
    writeFileSync(
      script,
      `import { backupDirectory } from ${JSON.stringify(module)}
await backupDirectory(process.argv[2], process.argv[3]).then(() => { throw new Error('written') }, (error) => process.stdout.write(error.code + ': ' + error.message))`,
    )
    // The shell's limit of 64 KiB or so for a file stands for a full disk: the write fails in the same way.
    const command = 'ulimit -f 128; exec "$0" "$@"'
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, script, v2, target], { encoding: 'utf8', timeout: 15_000 })
    expect(stdout, stderr).toMatch(/^FILE_INVALID: .*v2\.tar\.gz could not be written: there is no space left for it/)
    expect(readdirSync(place).sort()).toEqual(['run.mjs', 'v2'])
  })
})

describe('reading a backup back', () => {
  it('finds each damaged byte that was tried, and a cut', async () => {
    rmSync(join(v2, 'models', 'модель.pth'))
    await backupDirectory(v2, target)
    const whole = readFileSync(target)
    const verdict = async (bytes: Uint8Array): Promise<string> => {
      writeFileSync(target, bytes)
      return await verifyBackup(target).then(
        ({ problems }) => (problems.length === 0 ? 'whole' : 'problems'),
        (error: { code?: string }) => error.code ?? 'another failure',
      )
    }
    expect(await verdict(whole)).toBe('whole')
    expect(await verdict(whole.subarray(0, whole.length - 9))).toBe('FILE_INVALID')
    // The first ten bytes are the head of gzip, some of which mean nothing.
    for (let at = 10; at < whole.length; at += 97) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      expect(await verdict(damaged), `byte ${at}`).not.toBe('whole')
    }
    expect(await verdict(randomBytes(500))).toBe('FILE_INVALID')
  })
})

it('a file that was changed in an archive that is otherwise sound is named', async () => {
  await backupDirectory(v2, target)
  const tar = gunzipSync(readFileSync(target))
  tar.write('other', tar.indexOf('KEY=value') + 4)
  writeFileSync(target, gzipSync(tar))
  expect((await verifyBackup(target)).problems).toEqual(['.env differs from the manifest'])
})

describe('a real installation', () => {
  it.skipIf(!readableInstallation())('is packed and not touched', async () => {
    const times = (): string[] =>
      readdirSync(V2, { recursive: true, encoding: 'utf8' })
        .sort()
        .map((name) => `${name} ${statSync(join(V2, name)).mtimeMs}`)
    const before = times()
    const report = await backupDirectory(V2, target)
    expect(times()).toEqual(before)
    expect([report.sourceChanged, report.changedWhileRead, report.leftOut]).toEqual([[], [], []])
    expect(report.files).toBe(
      readdirSync(V2, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(V2, name)).isFile()).length,
    )
  })
})

function readableInstallation(): boolean {
  const isThere = statSync(V2, { throwIfNoEntry: false }) !== undefined
  if (!isThere) process.stdout.write(`skipped: there is no ${V2}\n`)
  return isThere
}
