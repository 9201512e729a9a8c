import { hash } from 'node:crypto'

/** What the first record chains to. */
export const GENESIS_HASH: Buffer = Buffer.alloc(32)

/**
 * SHA-256 over the hash before, the sequence and the text: a changed, missing, added or swapped record breaks every hash
 * after it. Written as hex inside the hashed text, so no two different inputs read the same.
 */
export function recordHash(previous: Buffer, seq: number, body: string): Buffer {
  return hash('sha256', `${previous.toString('hex')}|${seq}|${body}`, 'buffer')
}
