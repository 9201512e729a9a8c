import type { ImportPlan } from '../mapping/import-plan.ts'
import { isAmountName } from './column-roles.ts'
import type { ColumnProfile, Trouble } from './column-profile.ts'
import type { FindingList } from './finding-list.ts'
import type { QualityRule } from './source-analysis.ts'
import { spellingGroups } from './spelling-groups.ts'

const ALWAYS: readonly (readonly [Trouble, QualityRule, string])[] = [
  ['impossible', 'impossible-time', 'no time, or one outside the years 2009 to 2099'],
  ['future', 'future-time', 'later than now'],
  ['negative', 'negative-amount', 'below zero'],
  ['decimalComma', 'decimal-comma', 'a comma where a point should be'],
  ['blank', 'blank-around', 'blanks or line ends before or behind'],
]
/** Words that make a column of texts one of numbers, if numbers are most of it. */
const NUMBERS_SHARE = 0.5
/** Groups of spellings that are told in full. */
const GROUPS_SHOWN_MAX = 5
const WORDS_SHOWN_MAX = 6

/** What can be said of a column when all of its cells were seen. */
export function columnFindings(profile: ColumnProfile, table: string, plan: ImportPlan, findings: FindingList): void {
  const { counts, examples, jsonChecked } = profile.troubles()
  const found = (rule: QualityRule, count: number, detail: string, example?: string): void => {
    if (count > 0) findings.add({ rule, table, column: profile.name, detail }, example ?? '', count)
  }
  for (const [trouble, rule, detail] of ALWAYS) found(rule, counts[trouble], detail, examples[trouble])
  const numbers = profile.numbers
  if (isAmountName(profile.name) || numbers > counts.notANumber * NUMBERS_SHARE)
    found('not-a-number', counts.notANumber, 'NaN or an infinity among numbers', examples.notANumber)
  found('naive-time', counts.naive, `times without a zone; the import reads them as those of ${plan.timeZone}`, examples.naive)
  if (counts.naive > 0) found('mixed-zones', counts.zoned, 'times with a zone in a column that has times without one', examples.zoned)
  if (counts.calendar > 0) found('mixed-time-formats', counts.epoch, 'times as numbers in a column that has dates', examples.epoch)
  if (counts.share > 0)
    found('mixed-scale', counts.aboveOne, 'above 1 in a column that has shares of 1: read as per cent', examples.aboveOne)
  if (profile.empties > 0)
    found('empty-and-null', profile.nulls === 0 ? 0 : profile.empties, 'empty texts in a column that has NULLs', undefined)
  const ofThose = counts.notJson === 0 ? '' : ` among the ${jsonChecked} that were tried`
  found('not-json', counts.notJson, `begins like JSON and is none${ofThose}`, examples.notJson)
  spellings(profile, plan, found)
}

function spellings(profile: ColumnProfile, plan: ImportPlan, found: (rule: QualityRule, count: number, detail: string) => void): void {
  if (profile.words === undefined || profile.shape !== 'text') return
  const groups = spellingGroups(profile.name, profile.words, plan.marketKind)
  const words = groups.slice(0, GROUPS_SHOWN_MAX).map((group) => {
    const shown = group.words.slice(0, WORDS_SHOWN_MAX).map(([word, count]) => `${word} ${count}`)
    return `${shown.join(', ')}${group.words.length > WORDS_SHOWN_MAX ? ', …' : ''}`
  })
  const more = groups.length > GROUPS_SHOWN_MAX ? `; and ${groups.length - GROUPS_SHOWN_MAX} more` : ''
  const count = groups.reduce((sum, group) => sum + group.count, 0)
  found('mixed-spellings', count, `more than one spelling of the same: ${words.join('; ')}${more}`)
}
