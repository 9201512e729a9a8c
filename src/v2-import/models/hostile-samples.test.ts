import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { readSettings } from './patchtst/settings.ts'
import { readPlainPickle } from './pickle/plain-data.ts'
import { readPickle } from './pickle/read-pickle.ts'
import { SCALER_VOCABULARY } from './pickle/vocabularies/scaler.ts'
import { TorchVocabulary } from './pickle/vocabularies/torch.ts'
import { readCheckpoint } from './torch/read-checkpoint.ts'
import { readStateDict } from './torch/state-dict.ts'
import { tensorFloats } from './torch/tensors.ts'

const FOLDER = resolve('../shared/data/pickles-hostile')
const LEGACY = resolve('../shared/data/pickles-legacy')

/** The two samples that hold nothing but data, and the reader each is for. */
const BENIGN_PICKLE = 'benign0_v3.pkl.sample'
const BENIGN_CHECKPOINT = 'pytorch_model.bin.sample'

interface ExpectedSample {
  readonly container: string
  readonly non_allowlisted_globals: readonly string[] | null
}

/** Each way bytes can come in: a model file, a configuration, a scaler, a pickle inside a checkpoint. */
const READERS: readonly (readonly [string, (bytes: Uint8Array) => unknown])[] = [
  ['checkpoint', readCheckpoint],
  ['configuration', readPlainPickle],
  ['scaler', (bytes) => readPickle(bytes, SCALER_VOCABULARY, 'the sample')],
  ['inner pickle', (bytes) => readPickle(bytes, new TorchVocabulary(), 'the sample')],
]

describe.skipIf(!existsSync(FOLDER))('hostile samples (skipped where ../shared/data is absent)', () => {
  const present = existsSync(FOLDER)
  const expected = present ? (JSON.parse(readFileSync(join(FOLDER, 'EXPECTED.json'), 'utf8')) as Record<string, ExpectedSample>) : {}
  const samples = present ? readdirSync(FOLDER).filter((name) => name.endsWith('.sample')) : []

  it('are the 54 of the answer key, whose 55th row is config.pkl', () => {
    expect(samples).toHaveLength(54)
    expect(Object.keys(expected).toSorted()).toEqual([...samples, 'config.pkl'].toSorted())
  })

  it.each(samples.filter((name) => name !== BENIGN_PICKLE && name !== BENIGN_CHECKPOINT))('%s is refused by every reader', (name) => {
    const bytes = readFileSync(join(FOLDER, name))
    const refusals = READERS.map(([reader, read]) => refusal(() => read(bytes), reader))
    for (const { message } of refusals) expect(message).toMatch(/Nothing of the file was used/)
    const sample = expected[name]
    const [global] = sample?.non_allowlisted_globals ?? []
    if (sample?.container === 'pickle' && global !== undefined && /^[\w.]+$/.test(global)) {
      expect(refusals.at(-1)?.code).toBe('REFUSED')
      expect(refusals.at(-1)?.message).toMatch(/at byte \d+/)
    }
  })

  it('a refusal names the global and the byte', () => {
    const bytes = readFileSync(join(FOLDER, 'malicious2_v3.pkl.sample'))
    expect(refusal(() => readPlainPickle(bytes), 'configuration').message).toContain('names posix.system at byte 2')
    const instance = readFileSync(join(FOLDER, 'malicious10.pkl.sample'))
    expect(refusal(() => readPlainPickle(instance), 'configuration').message).toContain('INST with __builtin__.exec')
  })

  it('the benign pickle is read', () => {
    expect(readPlainPickle(readFileSync(join(FOLDER, BENIGN_PICKLE)))).toEqual(['a', 'b', 'c'])
  })

  it('the benign checkpoint is read', () => {
    const checkpoint = readCheckpoint(readFileSync(join(FOLDER, BENIGN_CHECKPOINT)))
    const { tensors } = readStateDict(checkpoint.root)
    const embeddings = tensors.get('distilbert.embeddings.word_embeddings.weight')
    expect(embeddings?.shape).toEqual([28_996, 2])
    if (embeddings === undefined) throw new Error('no embeddings')
    expect(tensorFloats(checkpoint, embeddings).every(Number.isFinite)).toBe(true)
  })
})

describe.skipIf(!existsSync(LEGACY))("the first system's config.pkl (skipped where ../shared/data is absent)", () => {
  it('is read as plain data', () => {
    const config = readPlainPickle(readFileSync(join(LEGACY, 'config.pkl')))
    expect(config).toMatchObject({ model: { n_heads: 4, patch_len: 16, stride: 8 }, version: '4.0', output_names: expect.any(Array) })
    expect(readSettings(config)).toMatchObject({ input_size: 240, context_window: 96, n_heads: 4, e_layers: 3, activation: 'gelu' })
  })
})

function refusal(read: () => unknown, reader: string): AppError {
  try {
    read()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error(`the reader of a ${reader} took it`)
}
