/** Lines from the end by which crashes are told apart. */
const lines = 3

/** What a process said last, without all that is another thing each time: paths, ids, addresses, numbers. Equal for the same crash. */
export function lastWords (output: string): string {
  return output.split('\n').map(line => line.trim()).filter(line => line !== '').slice(-lines).map(withoutParticulars).join('\n')
}

function withoutParticulars (line: string): string {
  return line
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>')
    .replace(/(?<![\w/])(?:[A-Za-z]:)?(?:[\\/][^\s\\/:"'(),;]+)+[\\/]?/g, '<path>')
    .replace(/\b0x[0-9a-f]+\b/gi, '<address>')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<id>')
    .replace(/\d+(?:[.,]\d+)*/g, '<number>')
    .slice(0, 200)
}
