const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text with its control characters written out, so that nobody can begin a line of the log or speak to a terminal with them. */
export function visible (text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, character => short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
