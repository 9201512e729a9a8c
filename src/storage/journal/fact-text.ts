import type { Fact } from '#domain/facts.ts'

/** Reads a fact from the journal's text. The text was written by us and its hash was checked, so its form is trusted. */
export function parseFact(body: string): Fact {
  return JSON.parse(body) as Fact
}
