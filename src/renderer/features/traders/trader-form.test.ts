import { expect, it } from 'vitest'
import type { StrategyView } from '#contract/views.ts'
import { blankForm, checkForm, readParams } from './trader-form.ts'

const strategy: StrategyView = {
  name: 'ema-cross',
  description: '',
  source: 'built-in',
  warmup: 60,
  params: [
    { name: 'fast', default: 12, min: 2, max: 200, description: '' },
    { name: 'slow', default: 26, min: null, max: null, description: '' },
  ],
}
const good = { ...blankForm(strategy, 'BTC/USDT'), id: 'trend' }

it('accepts the defaults with a name', () => {
  expect(checkForm(good, strategy, new Set())).toEqual({})
  expect(readParams(good)).toEqual({ fast: 12, slow: 26 })
})

it.each([
  ['id', { id: 'Trend!' }, 'bad_id'],
  ['id', { id: 'old' }, 'taken'],
  ['symbols', { symbols: [] }, 'bad_symbols'],
  ['orderNotional', { orderNotional: '0' }, 'bad_number'],
  ['param:fast', { params: { fast: '1', slow: '26' } }, 'bad_range'],
  ['param:slow', { params: { fast: '12', slow: 'x' } }, 'bad_number'],
])('%s %o', (field, patch, error) => expect(checkForm({ ...good, ...patch }, strategy, new Set(['old']))).toEqual({ [field]: error }))
