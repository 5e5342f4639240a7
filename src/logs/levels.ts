/** From the most talkative to the most severe. */
export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** Whether a line of this level is written by a log whose least severe level is `least`; `silent` writes none. */
export function isWritten (level: string, least: string): boolean {
  const all: readonly string[] = [...levels, 'silent']
  return all.indexOf(level) >= all.indexOf(least)
}
