import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planOf } from '../mapping/import-plan.ts'
import { openSource } from '../sources/open-source.ts'
import { analyseSource, type AnalyseOptions } from './analyse-source.ts'
import type { ColumnAnalysis, QualityFinding, SourceAnalysis, TableAnalysis } from './source-analysis.ts'
import { DISTINCT_MAX } from './table-analyst.ts'

const FOLDER = join(import.meta.dirname, '../../../../shared/data/v2-install')
const hasData = existsSync(FOLDER)
if (!hasData) process.stderr.write(`skipped: the test data are not at ${FOLDER}\n`)

interface Truth {
  readonly rows: Readonly<Record<string, number>>
  readonly trades_by_status: Readonly<Record<string, number>>
  readonly orders_by_status: Readonly<Record<string, number>>
  readonly orders_by_type: Readonly<Record<string, number>>
}

async function analyse(path: string, options: AnalyseOptions = {}): Promise<SourceAnalysis> {
  await using cleanup = new AsyncDisposableStack()
  const source = await openSource(path)
  cleanup.defer(() => source.close())
  return await analyseSource(source, options)
}

function table(analysis: SourceAnalysis, key: string): TableAnalysis {
  const found = analysis.tables.find((each) => each.key === key)
  if (found === undefined) throw new Error(`no table ${key}`)
  return found
}

function column(analysis: SourceAnalysis, key: string, name: string): ColumnAnalysis {
  const found = table(analysis, key).columns.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no column ${key}.${name}`)
  return found
}

const census = ({ words }: ColumnAnalysis) => Object.fromEntries((words ?? []).map(({ word, count }) => [word, count]))
const found = (analysis: SourceAnalysis, rule: QualityFinding['rule'], name?: string) =>
  analysis.findings.filter((finding) => finding.rule === rule && (name === undefined || finding.column === name))

describe.skipIf(!hasData).each(['clean', 'worn'])('the %s installation', (installation) => {
  const folder = join(FOLDER, installation)
  const truth = hasData ? (JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Truth) : undefined

  it.each(['v2_data_backup.dump', 'v2_full_backup.dump'])('%s: rows and words are those of truth', async (file) => {
    const analysis = await analyse(join(folder, file))
    const rows = Object.fromEntries(analysis.tables.filter((each) => each.rows > 0).map((each) => [each.key, each.rows]))
    expect(rows).toEqual(truth?.rows)
    expect(census(column(analysis, 'trades', 'status'))).toEqual(truth?.trades_by_status)
    expect(census(column(analysis, 'orders', 'status'))).toEqual(truth?.orders_by_status)
    expect(census(column(analysis, 'orders', 'type'))).toEqual(truth?.orders_by_type)
    expect([analysis.missingTables, analysis.damage, analysis.limits]).toEqual([[], null, []])
    for (const { columns, rows: all } of analysis.tables)
      for (const each of columns)
        expect(each.nulls + each.empties + Object.values(each.shapes).reduce((sum, count) => sum + count, 0), each.name).toBe(all)
    expect(structuredClone(JSON.parse(JSON.stringify(analysis)))).toEqual(analysis)
  })

  it('says of each table what the import will do', async () => {
    const analysis = await analyse(join(folder, 'v2_full_backup.dump'))
    for (const { kind, rows, outlook } of analysis.tables) expect(kind === 'known' ? outlook.mapped : outlook.kept).toBe(rows)
    const isWorn = installation === 'worn'
    expect(found(analysis, 'mixed-spellings', 'side').length > 0).toBe(isWorn)
    expect(analysis.tables.filter(({ kind }) => kind === 'unknown').map(({ key }) => key)).toEqual(isWorn ? ['Operator Notes'] : [])
  })
})

describe('quality', () => {
  const folder = mkdtempSync(join(tmpdir(), 'analyse-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let analysis: SourceAnalysis

  const files: Readonly<Record<string, string>> = {
    trades: `id,trade_id,symbol,order_id,side,status,entry_price,close_price,quantity,stop_loss,take_profit,pnl,created_at,closed_at,confidence,ml_data,signal_id
1,T1,BTCUSDT,A,Buy,CLOSE,100,110,2,90,120,20,2024-03-01 10:00:00,2024-03-01 09:00:00,0.5,{},1
2,T2,BTCUSDT,B,buy,OPEN,100,,0,110,90,,2024-03-01T10:00:00Z,,55,"{'a': 1}",9.0
3,T2,BTC/USDT,B,long,OPEN,0,105,1,,,,1709287200000,,0.5,{},
3,T3,BTCUSDT,C,Sell,CLOSE,100,90,1,,,999,2024-13-45 10:00:00,2024-03-01 11:00:00,0.5,{},1
1,T1,BTCUSDT,A,Buy,CLOSE,100,110,2,90,120,20,2024-03-01 10:00:00,2024-03-01 09:00:00,0.5,{},1
,T5,BTCUSDT,,Sell,CLOSE,100,90,1,,,10,2024-03-01 10:00:00,2024-03-01 11:00:00,0.5,{},1
`,
    orders: `id,order_id,symbol,side,type,quantity,filled_quantity,price,status,created_at
1,A,BTCUSDT,Buy,market,1,2,,filled,2024-03-01 10:00:00
2,B,BTCUSDT,Buy,market,-1,,,filled,2024-03-01 10:00:00
3,B,BTCUSDT, Buy,market,NaN,,"1,5",filled,2098-03-01 10:00:00
`,
    signals: `id,symbol,action,created_at,processed_at,api_secret
1,BTCUSDT,buy,2024-03-01 10:00:00,2024-03-01 09:59:58,hunter2
`,
    balances: `id,asset,free,locked,total,timestamp
1,USDT,1,1,3,2024-03-01 10:00:00
2,BTC,1,1,2,2024-03-01 10:00:01
`,
  }

  beforeAll(async () => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `v2_${name}.csv`), text)
    analysis = await analyse(folder, { plan: planOf({ timeZone: 'Europe/Moscow' }), nowMs: Date.UTC(2025, 0, 1) })
  })

  it.each([
    ['closed-before-opened', 'trades', 'closed_at', 1],
    ['open-but-closed', 'trades', null, 1],
    ['stop-on-wrong-side', 'trades', null, 1],
    ['target-on-wrong-side', 'trades', null, 1],
    ['zero-quantity', 'trades', null, 1],
    ['zero-price', 'trades', null, 1],
    ['repeated-key', 'trades', null, 1],
    ['repeated-key', 'trades', 'id', 1],
    ['repeated-id', 'trades', 'trade_id', 2],
    ['no-key', 'trades', 'id', 1],
    ['impossible-time', 'trades', 'created_at', 1],
    ['mixed-time-formats', 'trades', 'created_at', 1],
    ['naive-time', 'trades', 'created_at', 3],
    ['mixed-zones', 'trades', 'created_at', 1],
    ['mixed-scale', 'trades', 'confidence', 1],
    ['mixed-spellings', 'trades', 'side', 2],
    ['mixed-spellings', 'trades', 'symbol', 1],
    ['not-json', 'trades', 'ml_data', 1],
    ['orphan-link', 'trades', 'signal_id', 1],
    ['orphan-link', 'trades', 'order_id', 1],
    ['overfilled', 'orders', null, 1],
    ['negative-amount', 'orders', 'quantity', 1],
    ['not-a-number', 'orders', 'quantity', 1],
    ['decimal-comma', 'orders', 'price', 1],
    ['blank-around', 'orders', 'side', 1],
    ['repeated-id', 'orders', 'order_id', 1],
    ['future-time', 'orders', 'created_at', 1],
    ['processed-before-created', 'signals', null, 1],
    ['balance-parts-differ', 'balances', null, 1],
    ['balances-at-different-times', 'balances', null, 1],
  ] as const)('%s in %s %s', (rule, key, name, count) => {
    const matches = analysis.findings.filter((each) => each.rule === rule && each.table === key && each.column === name)
    expect(matches.map((each) => each.count)).toEqual([count])
  })

  it('names the zone the times will be read by, and warns first', () => {
    expect(found(analysis, 'naive-time', 'created_at')[0]?.detail).toContain('Europe/Moscow')
    const severities = analysis.findings.map(({ severity }) => severity)
    expect(severities).toEqual(severities.toSorted().toReversed())
  })

  it('says which columns and tables it knows, and which are missing', () => {
    expect(analysis.missingTables).toEqual(['positions', 'sltp_orders', 'partial_tp_history', 'trading_sessions'])
    expect(table(analysis, 'trades').missingColumns).toContainEqual({ name: 'leverage', isNeeded: false })
    expect(column(analysis, 'trades', 'ml_data').use).toBe('kept')
    expect(column(analysis, 'trades', 'id').use).toBe('mapped')
    expect(
      table(analysis, 'trades')
        .outlook.parked.map(({ rule }) => rule)
        .toSorted(),
    ).toEqual(['key-taken'])
  })

  it('shows nothing of a column whose name tells a secret', () => {
    expect(JSON.stringify(analysis)).not.toContain('hunter2')
    expect(column(analysis, 'signals', 'api_secret')).toMatchObject({ words: null, least: null, most: null, distinct: { count: 1 } })
  })
})

describe('bounds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'analyse-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const rows = DISTINCT_MAX + 500

  beforeAll(() => {
    const lines = Array.from({ length: rows }, (_, n) => `${n},${n % 50},w${n % 51},${n % 7}00000000000000000.${n % 10}`)
    writeFileSync(join(folder, 'things.csv'), `id,few,many,exact\n${lines.join('\n')}\n`)
  })

  it('different texts are counted up to a limit, words shown up to fifty, numbers ordered exactly', async () => {
    const seen: number[] = []
    const analysis = await analyse(join(folder, 'things.csv'), { onProgress: (progress) => seen.push(progress.rows) })
    expect(column(analysis, 'things', 'id').distinct).toEqual({ count: DISTINCT_MAX, isMore: true })
    expect(column(analysis, 'things', 'few').words).toHaveLength(50)
    expect(column(analysis, 'things', 'many')).toMatchObject({ words: null, distinct: { count: 51, isMore: false } })
    expect(column(analysis, 'things', 'exact')).toMatchObject({ least: '000000000000000000.0', most: '600000000000000000.9' })
    expect(seen.at(-1)).toBe(rows)
    expect(table(analysis, 'things')).toMatchObject({ kind: 'unknown', rows, outlook: { kept: rows } })
  })

  it('ends with the reason of the signal', async () => {
    const leave = new AbortController()
    const reason = new Error('enough')
    await expect(analyse(join(folder, 'things.csv'), { signal: leave.signal, onProgress: () => leave.abort(reason) })).rejects.toBe(reason)
  })

  it.skipIf(!hasData)('a source that is cut off says so, and what came before it is analysed', async () => {
    const whole = readFileSync(join(FOLDER, 'clean/v2_full_backup.dump'))
    const cut = join(folder, 'cut.dump')
    writeFileSync(cut, whole.subarray(0, Math.floor(whole.length * 0.7)))
    const analysis = await analyse(cut)
    const problems = analysis.tables.map(({ problem }) => problem)
    expect(analysis.damage !== null || problems.some((problem) => problem !== null)).toBe(true)
    expect(analysis.rows).toBeGreaterThan(0)
  })
})
