import { describe, expect, it } from 'vitest'
import { MIN_MAX_SCALER, ROBUST_SCALERS, STANDARD_SCALER } from '#test/support/models/python-pickles.ts'
import { readScaler } from './read-scaler.ts'

const robust = (protocol: number): Buffer => Buffer.from(ROBUST_SCALERS[protocol] ?? '', 'base64')

/** The pickle with one sequence of bytes replaced by another of the same length. */
function patched(bytes: Buffer, from: Buffer, to: Buffer): Buffer {
  const at = bytes.indexOf(from)
  expect(at).toBeGreaterThan(0)
  const copy = Buffer.from(bytes)
  to.copy(copy, at)
  return copy
}

const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

describe('a scaler pickled by scikit-learn', () => {
  it.each([0, 1, 2, 3, 4, 5])('RobustScaler in protocol %i', async (protocol) => {
    expect(await readScaler(robust(protocol))).toMatchObject({
      kind: 'RobustScaler',
      features: 3,
      version: '1.7.1',
      center: Float64Array.of(3, 2, 0.5),
      scale: Float64Array.of(6.999999999999999, 7.3999999999999995, 9.35),
    })
  })

  it('StandardScaler', async () => {
    const scaler = await readScaler(Buffer.from(STANDARD_SCALER, 'base64'))
    expect(scaler).toMatchObject({ kind: 'StandardScaler', center: Float64Array.of(4, 1.6, 1.05) })
    expect(scaler.scale).toEqual(Float64Array.of(2.8284271247461903, 2.870540018881465, 3.6891733491393435))
  })

  it('another class is refused by its name', async () => {
    await expect(readScaler(Buffer.from(MIN_MAX_SCALER, 'base64'))).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('names sklearn.preprocessing._data.MinMaxScaler at byte'),
    })
  })

  it('a scale of zero, or a center that is no number, is refused', async () => {
    await expect(readScaler(patched(robust(4), double(9.35), double(0)))).rejects.toThrow(/divide a feature by zero/)
    await expect(readScaler(patched(robust(4), double(0.5), double(Number.NaN)))).rejects.toThrow(
      /center_ of the scaler holds a number that is not finite/,
    )
  })

  it('another number of features than the arrays have is refused', async () => {
    const count = Buffer.from('n_features_in_\x94K\x03', 'latin1')
    await expect(readScaler(patched(robust(4), count, Buffer.from('n_features_in_\x94K\x04', 'latin1')))).rejects.toThrow(
      /has the shape \[3\] for 4 features/,
    )
  })

  it('an array shorter than its shape is refused', async () => {
    const shape = Buffer.from('K\x01K\x03\x85\x94h', 'latin1')
    await expect(readScaler(patched(robust(4), shape, Buffer.from('K\x01K\x04\x85\x94h', 'latin1')))).rejects.toThrow(
      /should take 32 bytes and has 24/,
    )
  })

  it('a file that is not there is said to be so', async () => {
    await expect(readScaler('/nonexistent/data_scaler.pkl')).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringContaining('could not be read'),
    })
    await expect(readScaler(process.cwd())).rejects.toThrow(/is not a file/)
  })
})
