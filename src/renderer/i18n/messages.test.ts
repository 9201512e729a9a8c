import i18next from 'i18next'
import { describe, expect, it } from 'vitest'
import { REASON_CODES } from '#domain/signal.ts'
import { en } from './en.ts'
import type { Messages } from './messages.ts'
import { ru } from './ru.ts'
import { setUpLanguage } from './setup.ts'

type Tree = { readonly [key: string]: string | Tree }

function flat(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : flat(value, `${path}${key}.`),
  )
}
const holes = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').toSorted()

const english = new Map(flat(en))
const russian = new Map(flat(ru))

describe('both languages', () => {
  it('have a sentence for each reason code', () => {
    expect(Object.keys(en.reason).toSorted()).toEqual([...REASON_CODES].toSorted())
    expect(Object.keys(ru.reason).toSorted()).toEqual([...REASON_CODES].toSorted())
  })

  it('fill the same holes', () => {
    for (const [key, text] of russian) {
      const twin = english.get(key) ?? english.get(key.replace(/_(few|many)$/, '_other'))
      expect(twin, key).toBeDefined()
      const wanted = holes(twin ?? '')
      // A form for one may leave the count out.
      expect(
        holes(text).filter((hole) => !wanted.includes(hole)),
        key,
      ).toEqual([])
      if (!/_(one|few|many|other)$/.test(key)) expect(holes(text), key).toEqual(wanted)
    }
  })

  it('say nothing in the other language by mistake', () => {
    const same = [...russian].filter(([key, text]) => english.get(key) === text && /[A-Za-z]{3}/.test(text)).map(([key]) => key)
    expect(same).toEqual(['app.name'])
  })

  it('count as the language counts', async () => {
    await setUpLanguage('ru')
    const count = (n: number): string => i18next.t('stop.canceled', { count: n })
    expect([count(1), count(3), count(11)]).toEqual(['1 заявка отменена', '3 заявки отменены', '11 заявок отменено'])
  })
})

it('a missing key does not compile', () => {
  // @ts-expect-error a language without its parts is no language
  const broken: Messages = { app: { name: 'x' } }
  expect(broken).toBeDefined()
})
