import { ByteCursor } from '../byte-cursor.ts'
import { damaged, forbidden, unsupported } from '../refusal.ts'
import { PickleMachine } from './machine.ts'
import { checkNesting } from './nesting.ts'
import { OPCODES, REFUSED_OPCODES } from './opcodes.ts'
import type { PickleValue } from './values.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A trainer checkpoint of 71 tensors with its optimizer state takes some 10,000. Also what bounds the stack, the marks and the memory used. */
export const MAX_OPCODES = 250_000

const STOP = 0x2e

export interface PickleRead {
  readonly value: PickleValue
  /** The byte after the STOP opcode. */
  readonly end: number
}

/** Reads one pickle that fills all of `bytes`; `what` names it in refusals. */
export function readPickle(bytes: Uint8Array, vocabulary: Vocabulary, what: string): PickleValue {
  const { value, end } = readPickleAt(bytes, 0, vocabulary, what)
  if (end !== bytes.byteLength) throw damaged(`${what}: ${bytes.byteLength - end} bytes follow the end of the pickle at byte ${end}`)
  return value
}

/** Reads the pickle that begins at `offset`; what follows it is left alone. */
export function readPickleAt(bytes: Uint8Array, offset: number, vocabulary: Vocabulary, what: string): PickleRead {
  const machine = new PickleMachine(new ByteCursor(bytes, what, offset), vocabulary, what)
  const value = run(machine)
  checkNesting(value, what)
  return { value, end: machine.cursor.offset }
}

function run(machine: PickleMachine): PickleValue {
  for (let count = 0; count < MAX_OPCODES; count += 1) {
    machine.at = machine.cursor.offset
    const code = machine.cursor.uint8()
    if (code === STOP) return machine.result()
    const opcode = OPCODES.get(code)
    if (opcode === undefined) throw notAllowed(machine, code)
    opcode(machine)
  }
  throw unsupported(`${machine.what} has more than ${MAX_OPCODES} opcodes`)
}

function notAllowed(machine: PickleMachine, code: number): Error {
  const name = REFUSED_OPCODES.get(code)
  if (name !== undefined) return forbidden(`${machine.what} uses the opcode ${name} at byte ${machine.at}, which no saved model needs`)
  return damaged(`${machine.what} is not a pickle: 0x${code.toString(16).padStart(2, '0')} at byte ${machine.at} is no opcode`)
}
