/** Planted faults of the simulation's own shell and replica: what they do lies outside `src/engine`. */
export const SHELL_PLANTS = ['send before the journal has it', 'replica cursor outside the transaction'] as const
export type ShellPlant = (typeof SHELL_PLANTS)[number]

export function isShellPlant(name: string): name is ShellPlant {
  return (SHELL_PLANTS as readonly string[]).includes(name)
}
