import type { en } from './en.ts'

type Base<K> = K extends `${infer B}_other` ? B : never

/**
 * The same keys as English, each with text of its own. A counted key (`…_other`) also needs the
 * two forms Russian has and English has not (`…_few`, `…_many`).
 */
export type Translation<T> = {
  readonly [K in keyof T]: T[K] extends string ? string : Translation<T[K]>
} & { readonly [K in keyof T as `${Base<K>}_few` | `${Base<K>}_many`]: string }

export type Messages = Translation<typeof en>
