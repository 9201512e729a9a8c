/** What a verification found. `record` is the sequence of the first fact of a page, or where one should be. */
export interface Damage {
  readonly record: number
  readonly what: string
  readonly advice: string
}

/** One recorded act of a person or program. */
export interface AuditedAct {
  readonly seq: number
  readonly ts: number
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly reason?: string | undefined
  readonly before?: string | undefined
  readonly after?: string | undefined
}

export interface ActCount {
  readonly action: string
  readonly actor: string
  readonly count: number
}

/** The end of a chain, to note down: whoever has it can prove later that nothing before it was cut or changed. */
export interface ChainHead {
  readonly seq: number
  readonly hash: string
}

export interface AuditReport {
  readonly verified: boolean
  readonly journal: string
  readonly journalId: string | null
  readonly instance: string | null
  readonly purpose: string | null
  /** Pages, and the facts on them, that are whole: all of them when verified, else those before the damage. */
  readonly records: number
  readonly facts: number
  readonly acts: readonly ActCount[]
  readonly firstTs: number | null
  readonly lastTs: number | null
  readonly head: ChainHead | null
  /** The head that was noted earlier, if one was given, and whether this chain still holds it. */
  readonly since: (ChainHead & { readonly found: boolean }) | null
  readonly damage: Damage | null
  readonly durationMs: number
}

export function formatHead({ seq, hash }: ChainHead): string {
  return `${seq}:${hash}`
}

const HEAD = /^([1-9]\d{0,15}):([0-9a-f]{64})$/
/** `SEQ:HASH` as a verification prints it; undefined for anything else. */
export function parseHead(text: string): ChainHead | undefined {
  const match = HEAD.exec(text.trim().toLowerCase())
  return match === null ? undefined : { seq: Number(match[1]), hash: match[2] ?? '' }
}
