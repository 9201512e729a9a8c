import type { ReactNode } from 'react'
import { createContext, useContext, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useInstruments } from '#renderer/state/catalogue.ts'
import { useSettings } from '#renderer/state/settings.ts'
import type { DecimalOptions } from './decimal.ts'
import { formatDecimal, NUMBER_STYLES, scaleOfStep } from './decimal.ts'
import { ageOf } from './time.ts'

/** Currencies that people count in hundredths; the rest in eight digits. */
const CENTS = new Set(['USDT', 'USDC', 'USD', 'EUR', 'GBP', 'DAI', 'FDUSD', 'BUSD'])
const COIN_DIGITS = 8
/** Until the instrument is known. */
const UNKNOWN_DIGITS = { price: 2, quantity: 4, quote: 'USDT', base: '', money: 2 }

export interface InstrumentDigits {
  readonly price: number
  readonly quantity: number
  /** What profit and cost are counted in. */
  readonly quote: string
  readonly base: string
  readonly money: number
}

export function moneyDigits(currency: string): number {
  return CENTS.has(currency) ? 2 : COIN_DIGITS
}

/** Digits that a column of mixed instruments keeps room for, so that the points stand under one another; more would waste the row. */
const ALIGN_MAX = { price: 4, quantity: 6 }

export interface Numbers {
  readonly align: { readonly price: number; readonly quantity: number }
  decimal(text: string | null | undefined, options?: DecimalOptions): string
  of(symbol: string): InstrumentDigits
  count(value: number): string
  /** `12 s`, `3 min`. */
  age(ms: number): string
}

export const NOTHING = '–'

function useMakeNumbers(): Numbers {
  const language = useSettings((settings) => settings.language)
  const instruments = useInstruments()
  const { t } = useTranslation()
  return useMemo(() => {
    const style = NUMBER_STYLES[language]
    const digits = new Map(
      instruments.map((one) => [
        one.symbol,
        {
          price: scaleOfStep(one.tick_size),
          quantity: scaleOfStep(one.lot_size),
          quote: one.settle,
          base: one.base,
          money: moneyDigits(one.settle),
        },
      ]),
    )
    const widest = (kind: 'price' | 'quantity'): number =>
      Math.min(ALIGN_MAX[kind], Math.max(0, ...[...digits.values()].map((one) => one[kind])))
    return {
      align: { price: widest('price'), quantity: widest('quantity') },
      decimal: (text, options) => (text === null || text === undefined ? NOTHING : formatDecimal(text, style, options)),
      of: (symbol) => digits.get(symbol) ?? { ...UNKNOWN_DIGITS, base: symbol.split('/')[0] ?? '' },
      count: (value) => formatDecimal(String(Math.trunc(value)), style),
      age: (ms) => {
        const { count, unit } = ageOf(ms)
        return t(`age.${unit}`, { n: count })
      },
    }
  }, [language, instruments, t])
}

const NumbersContext = createContext<Numbers | undefined>(undefined)

/** Made once for the whole screen: thousands of cells read it. */
export function NumbersProvider({ children }: { readonly children: ReactNode }): ReactNode {
  return <NumbersContext value={useMakeNumbers()}>{children}</NumbersContext>
}

/** Numbers in the chosen language, with the digits their instrument has. */
export function useNumbers(): Numbers {
  const numbers = useContext(NumbersContext)
  if (numbers === undefined) throw new Error('no numbers: render inside NumbersProvider')
  return numbers
}
