import { AppError } from '#domain/errors.ts'
import { readPickle } from '../pickle/read-pickle.ts'
import { TorchVocabulary } from '../pickle/vocabularies/torch.ts'
import { unsupported } from '../refusal.ts'
import type { Checkpoint } from './checkpoint.ts'
import { isLegacyCheckpoint, readLegacyCheckpoint } from './legacy-checkpoint.ts'
import { isSafetensors, readSafetensors } from './safetensors.ts'
import { readZipCheckpoint } from './zip-checkpoint.ts'

/** The largest model file that is read: the real one takes 11 MB, with optimizer state 34 MB. */
export const MAX_CHECKPOINT_BYTES = 256 * 1024 * 1024

const SIGNATURES: readonly (readonly [string, readonly number[], string])[] = [
  ['7z archive', [0x37, 0x7a, 0xbc, 0xaf], 'unpack it first'],
  ['NumPy array file', [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], 'it holds no model'],
  ['gzip file', [0x1f, 0x8b], 'unpack it first'],
]
const TAR_MAGIC_AT = 257
const PICKLE_PROTOCOL = 0x80

/** Reads a model file. Its kind is decided by its bytes, never by its name. */
export function readCheckpoint(file: Uint8Array): Checkpoint {
  if (file.byteLength > MAX_CHECKPOINT_BYTES)
    throw unsupported(`the model file has ${file.byteLength} bytes; at most ${MAX_CHECKPOINT_BYTES} are read`)
  if (startsWith(file, [0x50, 0x4b])) return readZipCheckpoint(file)
  if (isLegacyCheckpoint(file)) return readLegacyCheckpoint(file)
  if (isTar(file)) throw unsupported('the file is a tar archive, as PyTorch wrote before 0.1.10; PyTorch itself no longer loads it safely')
  for (const [name, signature, advice] of SIGNATURES) {
    if (startsWith(file, signature)) throw unsupported(`the file is a ${name}: ${advice}`)
  }
  if (isSafetensors(file)) return readSafetensors(file)
  refuseNames(file)
  throw unsupported('the file is not a PyTorch checkpoint: it begins neither as a zip nor as the legacy stream')
}

/** A bare pickle is no checkpoint in any case; when it names something forbidden, that is the better reason. */
function refuseNames(file: Uint8Array): void {
  if (file[0] !== PICKLE_PROTOCOL) return
  try {
    readPickle(file, new TorchVocabulary(), 'the file, a bare pickle,')
  } catch (error) {
    if (error instanceof AppError && error.code === 'REFUSED') throw error
  }
}

function isTar(file: Uint8Array): boolean {
  return Buffer.from(file.subarray(TAR_MAGIC_AT, TAR_MAGIC_AT + 5)).toString('latin1') === 'ustar'
}

function startsWith(file: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => file[index] === byte)
}
