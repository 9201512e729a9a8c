declare module 'pino-roll' {
  import type { SonicBoom } from 'sonic-boom'
  interface RollOptions {
    readonly file: string
    readonly extension?: string
    readonly size?: string
    readonly limit?: { readonly count: number }
    readonly mkdir?: boolean
  }
  // The package has no types of its own and exports its builder as the default.
  export default function roll(options: RollOptions): Promise<SonicBoom>
}
