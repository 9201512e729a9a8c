/** What the shell is told. `refused`: a safety rule said no. `interrupted`: the same command goes on where it stopped. */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, interrupted: 4 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The person wrote a command that cannot be meant; answered with the usage. */
export class UsageError extends Error {}
