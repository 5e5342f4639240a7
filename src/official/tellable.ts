const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text in one line, whatever is in it: control characters are written out. */
export function inOneLine (text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, character => short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A name as it is, or in quotes where it is no plain word. */
export function nameInWords (name: string): string {
  return /^[\w$.-]+$/.test(name) ? name : JSON.stringify(name)
}

/** Text in which addresses stand without what may be secret in them: a name and a password before the host, a query, a fragment. */
export function withoutSecrets (text: string): string {
  return text.replace(/:\/\/[^\s'"]*@/g, '://<hidden>@').replace(/(:\/\/[^\s'"?#]*[?#])[^\s'"]+/g, '$1<hidden>')
}
