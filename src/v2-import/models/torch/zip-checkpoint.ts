import { readPickle } from '../pickle/read-pickle.ts'
import { TorchVocabulary } from '../pickle/vocabularies/torch.ts'
import { damaged, unsupported } from '../refusal.ts'
import { ZipArchive } from '../zip/archive.ts'
import type { Checkpoint } from './checkpoint.ts'

const PICKLE = '/data.pkl'

/** What `torch.save` has written since 1.6: a zip of one folder with `data.pkl`, and a file in `data/` for each storage. */
export function readZipCheckpoint(file: Uint8Array): Checkpoint {
  const zip = new ZipArchive(file)
  const [pickleName, another] = zip.names.filter((name) => name.endsWith(PICKLE) && name.indexOf('/') === name.length - PICKLE.length)
  if (pickleName === undefined) throw unsupported('the zip is not a PyTorch checkpoint: it has no data.pkl in its folder')
  if (another !== undefined) throw damaged('the zip has two folders with a data.pkl')
  const folder = pickleName.slice(0, -PICKLE.length)
  checkByteOrder(zip, `${folder}/byteorder`)
  const root = readPickle(zip.read(pickleName), new TorchVocabulary(), 'data.pkl of the checkpoint')
  return {
    format: 'zip',
    root,
    storageBytes(storage) {
      if (storage.key.includes('/')) throw damaged(`a storage has the odd key ${JSON.stringify(storage.key.slice(0, 64))}`)
      return zip.read(`${folder}/data/${storage.key}`)
    },
  }
}

function checkByteOrder(zip: ZipArchive, name: string): void {
  if (!zip.has(name)) return
  const order = Buffer.from(zip.read(name)).toString()
  if (order !== 'little')
    throw unsupported(`the checkpoint was saved with byte order ${JSON.stringify(order.slice(0, 16))}; only little-endian is read`)
}
