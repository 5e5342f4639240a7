/** A sentence cut to the 123 bytes of UTF-8 that a WebSocket close frame has room for. */
export function closeReason (sentence: string): string {
  if (Buffer.byteLength(sentence) <= 123) return sentence
  let cut = sentence.slice(0, 122)
  while (Buffer.byteLength(cut) > 120) cut = cut.slice(0, -1)
  return `${cut.replace(/[\uD800-\uDBFF]$/, '')}…`
}
