import { ByteCursor } from '../byte-cursor.ts'
import { readPickleAt } from '../pickle/read-pickle.ts'
import type { PickleValue, StorageValue } from '../pickle/values.ts'
import { isDict, kindOf } from '../pickle/values.ts'
import { PLAIN_VOCABULARY } from '../pickle/vocabularies/plain.ts'
import { TorchVocabulary } from '../pickle/vocabularies/torch.ts'
import { damaged, unsupported } from '../refusal.ts'
import type { Checkpoint } from './checkpoint.ts'
import { ELEMENT_BYTES } from './tensors.ts'

/** The pickled number 0x1950a86a20f9469cfc6c with which every such file begins. */
const MAGIC = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex')
const PROTOCOL = 1001

export function isLegacyCheckpoint(file: Uint8Array): boolean {
  return MAGIC.equals(file.subarray(0, MAGIC.byteLength))
}

/** What `torch.save` wrote before 1.6: five pickles one after another, then the storages as a length and raw numbers each. */
export function readLegacyCheckpoint(file: Uint8Array): Checkpoint {
  const vocabulary = new TorchVocabulary()
  let offset = MAGIC.byteLength
  const next = (what: string, names: typeof PLAIN_VOCABULARY | TorchVocabulary): PickleValue => {
    const { value, end } = readPickleAt(file, offset, names, what)
    offset = end
    return value
  }
  const protocol = next('the protocol number of the checkpoint', PLAIN_VOCABULARY)
  if (protocol !== PROTOCOL)
    throw unsupported(`the checkpoint is of protocol ${typeof protocol === 'number' ? protocol : kindOf(protocol)}; ${PROTOCOL} is read`)
  const system = next('the system information of the checkpoint', PLAIN_VOCABULARY)
  if (!isDict(system) || system.entries.get('little_endian') !== true) throw unsupported('the checkpoint was saved on a big-endian machine')
  const root = next('the object tree of the checkpoint', vocabulary)
  const keys = storageKeys(next('the storage list of the checkpoint', PLAIN_VOCABULARY))
  const storages = readStorages(new ByteCursor(file, 'the checkpoint', offset), keys, vocabulary.storages)
  return {
    format: 'legacy',
    root,
    storageBytes(storage) {
      const bytes = storages.get(storage.key)
      if (bytes === undefined) throw damaged(`storage ${JSON.stringify(storage.key.slice(0, 64))} is not in the checkpoint`)
      return bytes
    },
  }
}

function storageKeys(list: PickleValue): readonly string[] {
  if (typeof list !== 'object' || list?.kind !== 'list') throw damaged('the checkpoint has no list of its storages')
  const keys = list.items.filter((item) => typeof item === 'string')
  if (keys.length !== list.items.length || new Set(keys).size !== keys.length)
    throw damaged('the list of storages is not one of different keys')
  return keys
}

function readStorages(cursor: ByteCursor, keys: readonly string[], described: ReadonlyMap<string, StorageValue>): Map<string, Uint8Array> {
  const storages = new Map<string, Uint8Array>()
  for (const key of keys) {
    const storage = described.get(key)
    if (storage === undefined) throw damaged(`no tensor lies in storage ${JSON.stringify(key.slice(0, 64))}, so its type is unknown`)
    const elements = cursor.uint64()
    if (elements !== storage.elements) {
      throw damaged(`storage ${JSON.stringify(key.slice(0, 64))} has ${elements} elements, and ${storage.elements} by its description`)
    }
    storages.set(key, cursor.take(elements * ELEMENT_BYTES[storage.type]))
  }
  if (cursor.left > 0) throw damaged(`${cursor.left} bytes follow the last storage of the checkpoint`)
  return storages
}
