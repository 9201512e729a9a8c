/** Below this length the engine copies a part of a text by itself. */
const SLICED_LENGTH_MIN = 13

/** The text by itself: a part of a long text keeps all of that in memory, here a whole batch of rows. */
export function ownCopy(text: string): string {
  return text.length < SLICED_LENGTH_MIN ? text : Buffer.from(text, 'utf16le').toString('utf16le')
}
