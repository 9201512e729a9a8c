import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { AppError } from '#domain/errors.ts'
import { parseSymbol, parseTraderId } from '#domain/ids.ts'
import type { TraderConfig } from '#domain/trader.ts'
import { IMPORTED_SETTINGS_FILE, readImportedSettings, type TraderProposal, traderProposal } from '#platform/config/imported-settings.ts'
import { readIfThere, removeDurably, writeDurably } from '#platform/durable-file.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { TraderManager } from './trader-manager.ts'

const ACTOR = 'import'
const FOLDER = 'imports'
const TAKEN_FILE = 'traders.json'

const takenTrader = z.strictObject({
  proposal: traderProposal,
  /** Another trader had the id already: that one was left alone. */
  isOther: z.boolean(),
})
type TakenTrader = z.infer<typeof takenTrader>
const takenFile = z.strictObject({ version: z.literal(1), traders: z.array(takenTrader) })

type Traders = Pick<TraderManager, 'adopt' | 'configOf' | 'stop' | 'remove'>

/**
 * Takes over the traders that an import proposes, at the start and whenever an import or its rollback has changed them. Each is taken
 * once: one that a person removed stays away, and one that a person changed stays when the import is taken back.
 */
export class ImportedTraders {
  readonly #dataDirectory: string
  readonly #logger: Logger
  #seen: string | undefined
  #working: Promise<void> | undefined

  constructor(dataDirectory: string, logger: Logger) {
    this.#dataDirectory = dataDirectory
    this.#logger = logger
  }

  /** For a caller that looks again and again: does something only when the proposals have changed. Never throws. */
  look(traders: Traders): void {
    if (this.#working === undefined) void this.#begin(() => this.#run(traders, { onlyIfChanged: true }))
  }

  /** Resolves when all is done; what cannot be taken is logged, and tried again at the next start. Never throws. */
  async take(traders: Traders): Promise<void> {
    await this.settled()
    await this.#begin(() => this.#run(traders, { onlyIfChanged: false }))
  }

  /** Nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#working
  }

  #begin(run: () => Promise<void>): Promise<void> {
    const working = run().finally(() => {
      this.#working = undefined
    })
    this.#working = working
    return working
  }

  async #run(traders: Traders, { onlyIfChanged }: { readonly onlyIfChanged: boolean }): Promise<void> {
    try {
      const mark = await this.#mark()
      if (onlyIfChanged && mark === this.#seen) return
      this.#seen = mark
      const proposals = (await readImportedSettings(this.#dataDirectory))?.traders ?? []
      const known = await this.#readTaken()
      const left: TakenTrader[] = []
      for (const taken of known) {
        const isProposed = proposals.some((proposal) => isSame(proposal, taken.proposal))
        if (isProposed) left.push(taken)
        else if (!taken.isOther) await this.#giveBack(traders, taken.proposal)
      }
      for (const proposal of proposals) {
        if (left.some((taken) => isSame(taken.proposal, proposal))) continue
        const taken = await this.#adopt(traders, proposal)
        if (taken !== undefined) left.push(taken)
      }
      if (JSON.stringify(left) !== JSON.stringify(known)) await this.#writeTaken(left)
    } catch (error) {
      this.#logger.error({ error: String(error) }, 'The traders of version 2 could not be taken over')
    }
  }

  async #adopt(traders: Traders, proposal: TraderProposal): Promise<TakenTrader | undefined> {
    try {
      const config = configOf(proposal)
      const there = traders.configOf(config.traderId)
      // One just like it was taken before an end came between it and the note of it.
      if (there !== undefined) return { proposal, isOther: !isUnchanged(there, config) }
      await traders.adopt(config, { actor: ACTOR, reason: proposal.reason })
      return { proposal, isOther: false }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.#logger.warn({ trader: proposal.id, code: error.code }, error.message)
      return undefined
    }
  }

  async #giveBack(traders: Traders, proposal: TraderProposal): Promise<void> {
    const config = configOf(proposal)
    const there = traders.configOf(config.traderId)
    if (there === undefined || !isUnchanged(there, config)) return
    try {
      if (there.desired === 'paused') await traders.stop(config.traderId, ACTOR)
      await traders.remove(config.traderId, ACTOR)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.#logger.warn({ trader: proposal.id, code: error.code }, error.message)
    }
  }

  async #mark(): Promise<string> {
    const found = await stat(join(this.#dataDirectory, IMPORTED_SETTINGS_FILE), { bigint: true }).catch(() => undefined)
    return found === undefined ? 'none' : `${found.ino} ${found.mtimeNs} ${found.size}`
  }

  async #readTaken(): Promise<readonly TakenTrader[]> {
    const path = join(this.#dataDirectory, FOLDER, TAKEN_FILE)
    const bytes = await readIfThere(path)
    return bytes === undefined ? [] : takenFile.parse(JSON.parse(bytes.toString('utf8'))).traders
  }

  async #writeTaken(traders: readonly TakenTrader[]): Promise<void> {
    const path = join(this.#dataDirectory, FOLDER, TAKEN_FILE)
    if (traders.length === 0) return removeDurably(path)
    await mkdir(join(this.#dataDirectory, FOLDER), { recursive: true, mode: 0o700 })
    await writeDurably(path, Buffer.from(`${JSON.stringify({ version: 1, traders }, undefined, 1)}\n`))
  }
}

function configOf({ id, strategy, symbols, timeframe, params, order_notional, desired }: TraderProposal): TraderConfig {
  return {
    traderId: parseTraderId(id),
    kind: 'strategy',
    strategy,
    symbols: symbols.map(parseSymbol),
    timeframe,
    params,
    orderNotional: order_notional,
    desired,
  }
}

function isSame(a: TraderProposal, b: TraderProposal): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function isUnchanged(there: TraderConfig, proposed: TraderConfig): boolean {
  return isDeepStrictEqual({ ...there }, { ...proposed })
}
