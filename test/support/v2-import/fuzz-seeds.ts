import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { writeArchive, type ArchiveCompression, type WrittenTable } from '#test/support/v2-import/archive-writer.ts'

export interface FuzzSeed {
  /** Name under which the bytes are read: its ending helps to tell what they are. */
  readonly name: string
  readonly bytes: Buffer
}

const DATA = resolve(import.meta.dirname, '../../../../shared/data')
/** Larger files make a case slow without making it better. */
const SEED_BYTES_MAX = 20_000

const SQL = `\\restrict abc
SET client_encoding = 'UTF8';
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE public.trades (id integer NOT NULL, note text DEFAULT ';)', price numeric(20,8), "odd ""name" text);
COPY public.trades (id, note, price, "odd ""name") FROM stdin;
1\ta\\tb\\n\\\\\t\\N\té
2\t\\x41\\101\t1e-8\t
\\.

INSERT INTO public.trades VALUES (3, 'it''s', -1.5, E'\\\\n\\x41'), (4, NULL, 'NaN'::numeric, /* ; */ $a$x$a$);
INSERT INTO public.trades (id, note) VALUES (5, true) ON CONFLICT DO NOTHING;
ALTER TABLE ONLY public.trades ADD CONSTRAINT k PRIMARY KEY (id);
`

const COPY_DATA = Buffer.from(`${Array.from({ length: 60 }, (_, row) => `${row}\tnote\\t${row * 7}\\\\\t\\N\té`).join('\n')}\n\\.\n\n\n`)
const TABLE: WrittenTable = {
  name: 'trades',
  columns: ['id', 'note', 'gone', 'é'],
  data: COPY_DATA,
  definition: 'CREATE TABLE public.trades (id integer NOT NULL, note text, gone numeric(20,8), "é" text);\n',
  primaryKey: 'id',
}
const INSERTS: WrittenTable = {
  name: 'notes',
  columns: [],
  inserts: true,
  data: Buffer.from(
    "INSERT INTO public.notes VALUES (1, 'a;b', NULL, true);\nINSERT INTO public.notes VALUES (2, E'c\\n', -3.5, false);\n\n\n",
  ),
}

function written(): readonly FuzzSeed[] {
  const seeds: FuzzSeed[] = []
  for (const version of [12, 14, 15, 16]) {
    const methods: readonly ArchiveCompression[] = version >= 15 ? ['none', 'gzip', 'lz4', 'zstd'] : ['none', 'gzip']
    for (const compression of methods) {
      for (const piped of [false, true])
        seeds.push({ name: 'x.dump', bytes: writeArchive([TABLE, INSERTS], { version, compression, piped, chunkBytes: 700 }) })
    }
  }
  return seeds
}

function found(): readonly FuzzSeed[] {
  const folders = ['pg-archives', 'pg-archives/fuzz'].map((name) => join(DATA, name)).filter((folder) => existsSync(folder))
  if (folders.length === 0) process.stderr.write(`skipped: seeds from ${DATA}, which is not there\n`)
  return folders.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.toml'))
      .map((entry) => ({ name: entry.name, bytes: readFileSync(join(folder, entry.name)) }))
      .filter((seed) => seed.bytes.length <= SEED_BYTES_MAX),
  )
}

/** Files of every format the readers know, written here and by Postgres itself. */
export function fuzzSeeds(): readonly FuzzSeed[] {
  const csv = 'id;note;price\n1;"a""b;\nc";1,5\n2;;""\n'
  return [
    ...written(),
    ...found(),
    { name: 'x.sql', bytes: Buffer.from(SQL) },
    { name: 'x.sql', bytes: Buffer.from(SQL.replaceAll('\n', '\r\n').replace('UTF8', 'WIN1251')) },
    { name: 'x.sql.gz', bytes: gzipSync(SQL) },
    { name: 'v2_trades.csv', bytes: Buffer.from(csv) },
    { name: 'v2_trades.csv', bytes: Buffer.from(`\ufeff${csv.replaceAll('\n', '\r\n').replaceAll(';', ',')}`) },
    { name: 'v2_trades.tsv', bytes: Buffer.from(csv.replaceAll(';', '\t')) },
  ]
}
