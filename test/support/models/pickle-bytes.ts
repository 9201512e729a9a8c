/** Hand-made pickles: parts put together opcode by opcode, also such as Python would never write. */
export type PicklePart = string | number | Uint8Array

export const MARK = '('
export const STOP = '.'

/** Text parts are Latin-1 opcodes and lines, numbers are single bytes. */
export function pickle(...parts: readonly PicklePart[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : typeof part === 'number' ? Buffer.of(part) : part)),
  )
}

export function text(value: string): Uint8Array {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from('X'), uint32(bytes.byteLength), bytes])
}

export function integer(value: number): Uint8Array {
  const bytes = Buffer.alloc(5, 'J')
  bytes.writeInt32LE(value, 1)
  return bytes
}

export function tuple(...items: readonly PicklePart[]): Uint8Array {
  return pickle(MARK, ...items, 't')
}

export function dict(entries: Readonly<Record<string, PicklePart>>): Uint8Array {
  return pickle('}', MARK, ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]), 'u')
}

export function global(module: string, name: string): Uint8Array {
  return pickle(`c${module}\n${name}\n`)
}

export interface TensorPart {
  readonly key: string
  readonly elements: number
  readonly shape: readonly number[]
  readonly storage?: string
  readonly strides?: readonly number[]
  readonly offset?: number
}

/** A tensor as `torch.save` writes it. */
export function tensor({ key, elements, shape, storage = 'FloatStorage', strides, offset = 0 }: TensorPart): Uint8Array {
  const steps = strides ?? shape.map((_unused, dimension) => shape.slice(dimension + 1).reduce((product, size) => product * size, 1))
  const id = pickle(tuple(text('storage'), global('torch', storage), text(key), text('cpu'), integer(elements)), 'Q')
  const sizes = [shape, steps].map((numbers) => tuple(...numbers.map(integer)))
  return pickle(
    global('torch._utils', '_rebuild_tensor_v2'),
    tuple(id, integer(offset), ...sizes, 0x89, global('collections', 'OrderedDict'), ')R'),
    'R',
  )
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
