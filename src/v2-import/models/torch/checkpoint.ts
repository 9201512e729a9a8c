import type { PickleValue, StorageValue } from '../pickle/values.ts'

export type CheckpointFormat = 'zip' | 'legacy' | 'safetensors'

/** A model file that has been read: its object tree, and the raw numbers its tensors refer to. */
export interface Checkpoint {
  readonly format: CheckpointFormat
  readonly root: PickleValue
  /** The little-endian bytes of a storage, exactly as long as its elements need. */
  readonly storageBytes: (storage: StorageValue) => Uint8Array
}
