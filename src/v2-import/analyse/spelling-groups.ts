import type { MarketKind } from '../mapping/spellings/symbol-spelling.ts'
import { SymbolReader } from '../mapping/spellings/symbol-spelling.ts'
import { ORDER_STATUSES, ORDER_TYPES, readWord, SIDES, SIGNAL_ACTIONS, TRADE_STATES } from '../mapping/spellings/word-spellings.ts'
import { isSymbolName } from './column-roles.ts'

/** Words of one column that mean the same. */
export interface SpellingGroup {
  readonly words: readonly (readonly [word: string, count: number])[]
  /** Cells that are not spelled as most are. */
  readonly count: number
}

type Meaning = (word: string) => unknown

/** Words of which more than one spelling occurs in the column. */
export function spellingGroups(column: string, words: ReadonlyMap<string, number>, marketKind: MarketKind): readonly SpellingGroup[] {
  const meaningOf = meaningFor(column, marketKind)
  const groups = new Map<string, (readonly [string, number])[]>()
  for (const [word, count] of words) {
    if (word === '') continue
    const meaning = meaningOf(word)
    const name = typeof meaning === 'string' || typeof meaning === 'boolean' ? `=${meaning}` : fold(word)
    groups.set(name, [...(groups.get(name) ?? []), [word, count]])
  }
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => {
      const sorted = group.toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      return { words: sorted, count: sorted.slice(1).reduce((sum, [, count]) => sum + count, 0) }
    })
}

function meaningFor(column: string, marketKind: MarketKind): Meaning {
  if (isSymbolName(column)) {
    const symbols = new SymbolReader(marketKind)
    return (word) => symbols.read(word)
  }
  switch (column.toLowerCase()) {
    case 'side':
      return (word) => readWord(SIDES, word)
    case 'status':
      return (word) => {
        const state = readWord(TRADE_STATES, word)
        return typeof state === 'string' ? state : readWord(ORDER_STATUSES, word)
      }
    case 'type':
    case 'order_type':
      return (word) => readWord(ORDER_TYPES, word)
    case 'action':
    case 'signal_type':
      return (word) => readWord(SIGNAL_ACTIONS, word)
    default:
      return () => undefined
  }
}

/** Case and separators make no difference between names. */
function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[\s_/:.-]+/g, '')
}
