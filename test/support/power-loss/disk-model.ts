import { DIRECTORY, type LoggedCall } from './write-log.ts'

/** What a file was asked to become and no sync has covered yet. */
type Change = { readonly offset: number; readonly data: Buffer } | { readonly length: number }

interface ModelFile {
  /** What is on the disk whatever happens. */
  durable: Buffer
  pending: Change[]
}

/** Contents by name: what a machine finds after the power came back. */
export type DiskImage = ReadonlyMap<string, Buffer>

export const SURVIVALS = ['nothing', 'everything', 'beginning', 'some-calls', 'some-sectors-512', 'some-sectors-4096'] as const
/** Which of the calls that no sync covers reached the disk. */
export type Survival = (typeof SURVIVALS)[number]

/**
 * A disk that keeps no more than it promised.
 *
 * - What a completed sync of a file covers is there. Of each later write any part may be there, call by call, or torn at
 *   sectors of 512 or 4096 bytes, in any combination. A write that overlaps an earlier one wins over it when both survive:
 *   they met in the page cache, so the disk never gets the older one last.
 * - A length set by a truncation or a write behind the end may be there without the data: the gap reads as zeros or as what
 *   the disk held before (noise).
 * - A name (file made, file removed) is durable only after a sync of the directory, although ext4 and others do it with the
 *   sync of the file. Until then each name, by itself, may be in any of the states it had since.
 */
export class DiskModel {
  readonly #handles = new Map<string, ModelFile>()
  readonly #names = new Map<string, { history: (ModelFile | null)[] }>()

  constructor(image: DiskImage = new Map()) {
    for (const [name, durable] of image) this.#names.set(name, { history: [{ durable, pending: [] }] })
  }

  apply(call: LoggedCall): void {
    if (call.type === 'open') return this.#open(call)
    if (call.type === 'unlink') {
      this.#states(call.file).push(null)
      return
    }
    if (call.type === 'close') return void this.#handles.delete(call.handle)
    if (call.file === DIRECTORY) return call.type === 'sync' ? this.#syncNames() : undefined
    const file = this.#handles.get(call.handle)
    if (file === undefined) throw new Error(`${call.type} of ${call.file}, which is not open`)
    if (call.type === 'write') file.pending.push({ offset: call.offset, data: call.data })
    else if (call.type === 'truncate') file.pending.push({ length: call.length })
    else sync(file)
  }

  /** What is found when the power fails now. */
  crash(survival: Survival, random: () => number): DiskImage {
    const image = new Map<string, Buffer>()
    for (const [name, { history }] of this.#names) {
      const state = survival === 'nothing' ? history[0] : survival === 'everything' ? history.at(-1) : pick(history, random)
      if (state === null || state === undefined) continue
      image.set(name, survive(state, survival, random))
    }
    return image
  }

  #open({ file: name, handle, truncates }: Extract<LoggedCall, { readonly type: 'open' }>): void {
    if (name === DIRECTORY) return
    const states = this.#states(name)
    let file = states.at(-1)
    if (file === null || file === undefined) {
      file = { durable: Buffer.alloc(0), pending: [] }
      states.push(file)
    }
    if (truncates) file.pending.push({ length: 0 })
    this.#handles.set(handle, file)
  }

  #states(name: string): (ModelFile | null)[] {
    let entry = this.#names.get(name)
    if (entry === undefined) this.#names.set(name, (entry = { history: [null] }))
    return entry.history
  }

  #syncNames(): void {
    for (const entry of this.#names.values()) entry.history = entry.history.slice(-1)
  }
}

function pick<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)]
}

function sync(file: ModelFile): void {
  file.durable = written(file.durable, file.pending, () => 0)
  file.pending = []
}

function survive(file: ModelFile, survival: Survival, random: () => number): Buffer {
  const { durable, pending } = file
  const chance = pick([0.1, 0.5, 0.9], random) ?? 0
  const noise = random() < 0.5 ? () => 0 : () => Math.floor(random() * 256)
  switch (survival) {
    case 'nothing':
      return durable
    case 'everything':
      return written(durable, pending, noise)
    case 'beginning':
      return written(durable, pending.slice(0, Math.floor(random() * (pending.length + 1))), noise)
    case 'some-calls':
      return written(
        durable,
        pending.filter(() => random() < chance),
        noise,
      )
    case 'some-sectors-512':
      return written(
        durable,
        sectors(pending, 512).filter(() => random() < chance),
        noise,
      )
    case 'some-sectors-4096':
      return written(
        durable,
        sectors(pending, 4096).filter(() => random() < chance),
        noise,
      )
  }
}

/** Each write cut at the borders of sectors, which a disk writes whole or not at all. */
function sectors(changes: readonly Change[], bytes: number): readonly Change[] {
  return changes.flatMap((change) => {
    if ('length' in change) return [change]
    const pieces: Change[] = []
    const end = change.offset + change.data.length
    for (let from = change.offset; from < end; ) {
      const to = Math.min(end, (Math.floor(from / bytes) + 1) * bytes)
      pieces.push({ offset: from, data: change.data.subarray(from - change.offset, to - change.offset) })
      from = to
    }
    return pieces
  })
}

/** `content` after the changes; a gap behind its end is filled by `noise`, byte by byte. */
function written(content: Buffer, changes: readonly Change[], noise: () => number): Buffer {
  let length = content.length
  let longest = length
  for (const change of changes) {
    length = 'length' in change ? change.length : Math.max(length, change.offset + change.data.length)
    longest = Math.max(longest, length)
  }
  const result = Buffer.alloc(longest)
  content.copy(result)
  let end = content.length
  for (const change of changes) {
    const start = 'length' in change ? change.length : change.offset
    for (let at = end; at < start; at += 1) result[at] = noise()
    if ('length' in change) end = change.length
    else {
      change.data.copy(result, change.offset)
      end = Math.max(end, change.offset + change.data.length)
    }
  }
  return result.subarray(0, end)
}
