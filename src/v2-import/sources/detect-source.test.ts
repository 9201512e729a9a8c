import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { writeArchive, writeArchiveDirectory } from '#test/support/v2-import/archive-writer.ts'
import { makeFolder } from '#test/support/v2-import/read-all.ts'
import { detectSource } from './detect-source.ts'

const ARCHIVE = writeArchive(
  [{ name: 't', columns: ['a'], data: Buffer.from('1\n\\.\n'), definition: 'CREATE TABLE public.t (a integer);' }],
  {
    version: 16,
    compression: 'zstd',
  },
)
const DATA_ONLY = writeArchive([{ name: 't', columns: ['a'], data: Buffer.from('1\n\\.\n') }], { version: 14, compression: 'gzip' })

describe('detectSource', () => {
  it.each([
    ['x.bin', ARCHIVE, 'archive', 'pg_dump archive 1.16, custom format, compression zstd'],
    ['x.txt', '--\n-- PostgreSQL database dump\n--\n', 'sql', 'plain SQL'],
    ['x.sql.gz', gzipSync('\n\nCREATE TABLE t (a int);'), 'sql', 'plain SQL, gzip'],
    ['v2_trades.csv', 'select;from\n1;2\n', 'csv', 'CSV'],
    ['export', 'id\tnote\n', 'csv', 'CSV'],
  ])('knows %s by its content', async (name, content, kind, description) => {
    await using folder = await makeFolder()
    expect(await detectSource(await folder.write(name, content))).toMatchObject({ kind, description })
  })

  it.each([
    ['tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar')]), 'tar file'],
    ['sqlite', Buffer.from('SQLite format 3\0...'), 'SQLite'],
    ['zip', Buffer.from('PK\x03\x04....'), 'zip'],
    ['utf16', Buffer.from('\ufeffSELECT', 'utf16le'), 'UTF-16'],
    ['empty', Buffer.alloc(0), 'empty'],
    ['binary', Buffer.from([1, 2, 0, 3]), 'binary'],
    ['prose', Buffer.from('Dear diary'), 'neither'],
    ['twice.dump', gzipSync(ARCHIVE), 'packed once more'],
  ])('refuses %s and says what can be given', async (name, content, words) => {
    await using folder = await makeFolder()
    const failure = await detectSource(await folder.write(name, content)).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AppError)
    expect(String(failure)).toMatch(new RegExp(`${words}.*not finished\\. Give`))
  })

  it('names a path that is not there, and a folder without anything', async () => {
    await using folder = await makeFolder()
    await expect(detectSource(join(folder.path, 'absent'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(detectSource(folder.path)).rejects.toThrow('there is no dump')
  })

  it('finds all sources of a v2 folder, the best first, and what it could not read', async () => {
    await using folder = await makeFolder()
    await folder.write('v2_trades.csv', 'id\n1\n')
    expect(await detectSource(folder.path)).toMatchObject({ kind: 'csv-directory' })
    await folder.write('v2_data_backup.dump', DATA_ONLY)
    await folder.write('v2_full_backup.dump', ARCHIVE)
    await folder.write('all.sql', 'SELECT 1;')
    await folder.write('broken.dump', 'PGDMP')
    await folder.write('.env', 'A=1')
    await mkdir(join(folder.path, 'models'))
    await writeArchiveDirectory(join(folder.path, 'dumpdir'), [], { version: 16, compression: 'none' })
    const found = await detectSource(folder.path)
    if (found.kind !== 'v2-directory') throw new Error('it is a v2 folder')
    expect(found.sources.map((source) => source.kind)).toEqual(['archive', 'archive-directory', 'sql', 'archive', 'csv-directory'])
    expect(found.sources[0]).toMatchObject({ path: join(folder.path, 'v2_full_backup.dump') })
    expect(found.companions).toEqual(['.env', 'models'])
    expect(found.refused.map((file) => file.path)).toEqual([join(folder.path, 'broken.dump')])
  })

  it('reads an address and never repeats its password', async () => {
    const found = await detectSource('postgres://bot:s%40cret@db.example:6000/bot_trading_v2?sslmode=require')
    expect(found).toMatchObject({ kind: 'postgres', description: 'Postgres at bot@db.example:6000/bot_trading_v2' })
    if (found.kind === 'postgres') expect(found.target).toMatchObject({ password: 's@cret', ssl: 'require' })
    const failure: unknown = await detectSource('postgres://bot:geheim@/x').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AppError)
    expect(String(failure)).not.toContain('geheim')
  })
})
