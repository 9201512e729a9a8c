// Who may import whom. One line per folder under src/; an import that is not listed here is an error.
const mayImport = {
  domain: [],
  contract: ['domain/'],
  engine: ['domain/'],
  strategies: ['domain/'],
  platform: ['domain/'],
  exchanges: ['domain/', 'engine/ports\\.ts$', 'platform/'],
  storage: ['domain/', 'engine/ports\\.ts$', 'platform/'],
  inference: ['domain/', 'engine/ports\\.ts$', 'platform/'],
  'v2-import': ['domain/', 'engine/ports\\.ts$', 'platform/', 'storage/postgres/', 'inference/'],
  checklist: ['domain/', 'contract/', 'inference/', 'v2-import/', 'storage/postgres/', 'platform/', 'workers/[^/]+\\.messages\\.ts$'],
  gateway: ['domain/', 'contract/', 'platform/'],
  workers: [
    'domain/',
    'contract/',
    'engine/',
    'strategies/',
    'exchanges/',
    'v2-import/',
    'inference/',
    'checklist/',
    'storage/',
    'platform/',
  ],
  orchestrator: [
    'domain/',
    'contract/',
    'engine/ports\\.ts$',
    'storage/',
    'platform/',
    'workers/[^/]+\\.messages\\.ts$',
    'v2-import/hand-over/',
  ],
  headless: ['contract/', 'orchestrator/', 'gateway/', 'platform/', 'domain/'],
  cli: ['contract/', 'orchestrator/', 'gateway/', 'checklist/', 'v2-import/', 'inference/', 'platform/', 'headless/', 'domain/'],
  main: ['contract/', 'orchestrator/', 'gateway/', 'platform/', 'domain/'],
  preload: ['contract/'],
  renderer: ['domain/', 'contract/'],
}

const unitTest = '\\.test\\.tsx?$'
const allowed = Object.entries(mayImport).flatMap(([folder, targets]) => {
  const from = { path: `^src/${folder}/` }
  const outside = { from, to: { pathNot: '^src/' } }
  return [outside, ...[`${folder}/`, ...targets].map((target) => ({ from, to: { path: `^src/${target}` } }))]
})

const siblings = (name, parent) => ({
  name,
  severity: 'error',
  from: { path: `^src/${parent}/([^/]+)/` },
  to: { path: `^src/${parent}/([^/]+)/`, pathNot: `^src/${parent}/$1/` },
})

module.exports = {
  allowed: [...allowed, { from: { path: '^(test|bench|scripts)/|^[^/]+\\.(ts|cjs)$' }, to: {} }],
  allowedSeverity: 'error',
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dead-files',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.(test|d)\\.tsx?$|^src/(headless|cli|main|preload)/index\\.ts$' },
      to: {},
    },
    {
      name: 'pure-core',
      comment: 'domain and engine run alike in a thread, a test and a backtest',
      severity: 'error',
      from: { path: '^src/(domain|engine|strategies)/', pathNot: unitTest },
      to: { pathNot: '^src/' },
    },
    {
      name: 'electron-in-the-shell-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|preload)/' },
      to: { path: '^(node_modules/)?electron($|/)' },
    },
    {
      name: 'the-gate-alone-approves',
      severity: 'error',
      comment: 'only the engine may make an approved order',
      from: { path: '^src/', pathNot: '^src/engine/' },
      to: { path: '^src/engine/risk/approve\\.ts$' },
    },
    siblings('features-are-strangers', 'renderer/features'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
