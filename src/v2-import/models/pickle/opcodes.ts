import { damaged, forbidden, unsupported } from '../refusal.ts'
import type { PickleMachine } from './machine.ts'
import { shown } from './machine.ts'
import {
  decimalFloat,
  decimalInteger,
  decodeLatin1,
  decodeUtf8,
  integerOrBoolean,
  longInteger,
  python2String,
  rawUnicodeEscape,
  unquote,
} from './text-values.ts'
import type { PickleList, PickleValue } from './values.ts'
import { isDict, kindOf } from './values.ts'

export type Opcode = (machine: PickleMachine) => void

const HIGHEST_PROTOCOL = 5
const MAX_LINE_BYTES = 1 << 20
const MAX_NAME_BYTES = 512
const MAX_LONG_BYTES = 256

/** Known opcodes that no saved model needs and that attacks are made of. */
export const REFUSED_OPCODES: ReadonlyMap<number, string> = new Map([
  [0x30, 'POP'],
  [0x31, 'POP_MARK'],
  [0x32, 'DUP'],
  [0x50, 'PERSID'],
  [0x6f, 'OBJ'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  [0x92, 'NEWOBJ_EX'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
])

const place = (machine: PickleMachine): string => `${machine.what}: the value at byte ${machine.at}`
const textLine = (machine: PickleMachine): string => decodeLatin1(machine.cursor.line(MAX_LINE_BYTES))
const text = (machine: PickleMachine, length: number): string => decodeUtf8(machine.cursor.take(length), place(machine))
const bytes = (machine: PickleMachine, length: number): PickleValue => ({ kind: 'bytes', bytes: machine.cursor.take(length) })

function long(machine: PickleMachine, length: number): number | bigint {
  if (length < 0 || length > MAX_LONG_BYTES) throw unsupported(`${place(machine)} is an integer of ${length} bytes`)
  return longInteger(machine.cursor.take(length))
}

const index = (machine: PickleMachine): number => {
  const value = decimalInteger(textLine(machine), place(machine))
  if (typeof value === 'bigint' || value < 0) throw damaged(`${place(machine)} is not a memo number`)
  return value
}

/** Opcodes that push one value of their own. */
const LITERALS: readonly (readonly [number, (machine: PickleMachine) => PickleValue])[] = [
  [0x4e, () => null],
  [0x88, () => true],
  [0x89, () => false],
  [0x49, (machine) => integerOrBoolean(textLine(machine), place(machine))],
  [0x4a, (machine) => machine.cursor.int32()],
  [0x4b, (machine) => machine.cursor.uint8()],
  [0x4d, (machine) => machine.cursor.uint16()],
  [0x4c, (machine) => decimalInteger(textLine(machine).replace(/L$/, ''), place(machine))],
  [0x8a, (machine) => long(machine, machine.cursor.uint8())],
  [0x8b, (machine) => long(machine, machine.cursor.int32())],
  [0x46, (machine) => decimalFloat(textLine(machine), place(machine))],
  [0x47, (machine) => machine.cursor.float64BigEndian()],
  [0x53, (machine) => unquote(textLine(machine), place(machine))],
  [0x54, (machine) => python2String(machine.cursor.take(machine.cursor.uint32()))],
  [0x55, (machine) => python2String(machine.cursor.take(machine.cursor.uint8()))],
  [0x56, (machine) => rawUnicodeEscape(textLine(machine), place(machine))],
  [0x8c, (machine) => text(machine, machine.cursor.uint8())],
  [0x58, (machine) => text(machine, machine.cursor.uint32())],
  [0x8d, (machine) => text(machine, machine.cursor.uint64())],
  [0x43, (machine) => bytes(machine, machine.cursor.uint8())],
  [0x42, (machine) => bytes(machine, machine.cursor.uint32())],
  [0x8e, (machine) => bytes(machine, machine.cursor.uint64())],
  [0x96, (machine) => bytes(machine, machine.cursor.uint64())],
  [0x5d, () => ({ kind: 'list', items: [] })],
  [0x8f, () => ({ kind: 'list', items: [] })],
  [0x7d, () => ({ kind: 'dict', entries: new Map() })],
  [0x29, () => ({ kind: 'tuple', items: [] })],
  [0x6c, (machine) => ({ kind: 'list', items: machine.popToMark() })],
  [0x91, (machine) => ({ kind: 'list', items: machine.popToMark() })],
  [0x74, (machine) => ({ kind: 'tuple', items: machine.popToMark() })],
  [0x85, (machine) => ({ kind: 'tuple', items: [machine.pop()] })],
  [0x86, (machine) => tuple(machine, 2)],
  [0x87, (machine) => tuple(machine, 3)],
  [0x64, (machine) => ({ kind: 'dict', entries: new Map(pairs(machine, machine.popToMark())) })],
  [0x67, (machine) => machine.recall(index(machine))],
  [0x68, (machine) => machine.recall(machine.cursor.uint8())],
  [0x6a, (machine) => machine.recall(machine.cursor.uint32())],
  [0x52, construct],
  [0x81, construct],
  [0x51, persistent],
]

/** Opcodes that change what is on the stack, in the memo, or nothing at all. */
const COMMANDS: readonly (readonly [number, Opcode])[] = [
  [0x80, protocol],
  [0x95, frame],
  [0x28, (machine) => machine.mark()],
  [0x70, (machine) => machine.remember(index(machine))],
  [0x71, (machine) => machine.remember(machine.cursor.uint8())],
  [0x72, (machine) => machine.remember(machine.cursor.uint32())],
  [0x94, (machine) => machine.rememberNext()],
  [0x61, (machine) => append(machine, [machine.pop()])],
  [0x65, (machine) => append(machine, machine.popToMark())],
  [0x90, (machine) => append(machine, machine.popToMark())],
  [0x73, setItem],
  [0x75, (machine) => setItems(machine, machine.popToMark())],
  [0x62, build],
  [0x63, (machine) => machine.pushSymbol(name(machine), name(machine))],
  [0x69, instance],
  [0x93, stackGlobal],
]

export const OPCODES: ReadonlyMap<number, Opcode> = new Map<number, Opcode>([
  ...LITERALS.map(([code, make]): [number, Opcode] => [code, (machine) => machine.push(make(machine))]),
  ...COMMANDS,
])

const name = (machine: PickleMachine): string => decodeLatin1(machine.cursor.line(MAX_NAME_BYTES))

function tuple(machine: PickleMachine, length: number): PickleValue {
  const items: PickleValue[] = []
  for (let count = 0; count < length; count += 1) items.unshift(machine.pop())
  return { kind: 'tuple', items }
}

function protocol(machine: PickleMachine): void {
  const version = machine.cursor.uint8()
  if (!machine.isFirst) throw damaged(`${machine.what}: a second protocol header at byte ${machine.at}`)
  if (version > HIGHEST_PROTOCOL) throw unsupported(`${machine.what} is a pickle of protocol ${version}; 0 to ${HIGHEST_PROTOCOL} are read`)
}

function frame(machine: PickleMachine): void {
  const length = machine.cursor.uint64()
  if (length > machine.cursor.left) {
    throw damaged(
      `${machine.what} ends early: a frame of ${length} bytes is announced at byte ${machine.at}, ${machine.cursor.left} are left`,
    )
  }
}

function append(machine: PickleMachine, items: readonly PickleValue[]): void {
  const list = listOnTop(machine)
  for (const item of items) list.items.push(item)
}

function listOnTop(machine: PickleMachine): PickleList {
  const target = machine.top()
  if (typeof target === 'object' && target?.kind === 'list') return target
  throw damaged(`${machine.what}: values are added to a ${kindOf(target)} at byte ${machine.at}`)
}

function setItem(machine: PickleMachine): void {
  const value = machine.pop()
  setItems(machine, [machine.pop(), value])
}

function setItems(machine: PickleMachine, flat: readonly PickleValue[]): void {
  const target = machine.top()
  if (!isDict(target)) throw damaged(`${machine.what}: entries are set in a ${kindOf(target)} at byte ${machine.at}`)
  for (const [key, value] of pairs(machine, flat)) target.entries.set(key, value)
}

function pairs(machine: PickleMachine, flat: readonly PickleValue[]): ReturnType<typeof pair>[] {
  if (flat.length % 2 !== 0) throw damaged(`${machine.what}: a dictionary key without a value at byte ${machine.at}`)
  return Array.from({ length: flat.length / 2 }, (_unused, entry) => pair(machine, flat, entry * 2))
}

function pair(machine: PickleMachine, flat: readonly PickleValue[], at: number) {
  return [machine.scalarKey(flat[at] ?? null), flat[at + 1] ?? null] as const
}

/** REDUCE and NEWOBJ: an allowed name and its arguments become data by our own constructor. */
function construct(machine: PickleMachine): PickleValue {
  const args = machine.popTuple()
  const symbol = machine.pop()
  if (typeof symbol !== 'object' || symbol?.kind !== 'symbol') {
    throw forbidden(`${machine.what} calls a ${kindOf(symbol)} at byte ${machine.at}`)
  }
  const make = machine.vocabulary.symbols.get(symbol.name)?.construct
  if (make === undefined) throw forbidden(`${machine.what} calls ${symbol.name} at byte ${machine.at}, which may only be mentioned`)
  return make(args.items, machine.at)
}

function build(machine: PickleMachine): void {
  const state = machine.pop()
  const target = machine.top()
  if (isDict(target)) {
    // PyTorch hangs `_metadata` (module versions) on a state dict in this way; no tensor lies in it.
    if (!isDict(state)) throw damaged(`${machine.what}: a dictionary gets a ${kindOf(state)} as attributes at byte ${machine.at}`)
    return
  }
  if (target === null || typeof target !== 'object' || !isRecord(target)) {
    throw forbidden(`${machine.what} changes the state of a ${kindOf(target)} at byte ${machine.at}`)
  }
  machine.vocabulary.fill(target, state, machine.at)
}

function isRecord(value: Exclude<PickleValue, null | boolean | number | bigint | string>) {
  return value.kind === 'array' || value.kind === 'array-type' || value.kind === 'estimator'
}

function instance(machine: PickleMachine): void {
  const full = `${name(machine)}.${name(machine)}`
  throw forbidden(`${machine.what} uses the opcode INST with ${shown(full)} at byte ${machine.at}, which no saved model needs`)
}

function stackGlobal(machine: PickleMachine): void {
  const attribute = machine.pop()
  const module = machine.pop()
  if (typeof attribute !== 'string' || typeof module !== 'string') {
    throw forbidden(`${machine.what} makes a name of a ${kindOf(module)} and a ${kindOf(attribute)} at byte ${machine.at}`)
  }
  machine.pushSymbol(module, attribute)
}

function persistent(machine: PickleMachine): PickleValue {
  const resolve = machine.vocabulary.persistent
  if (resolve === undefined) throw forbidden(`${machine.what} refers to something outside itself at byte ${machine.at}`)
  return resolve(machine.pop(), machine.at)
}
