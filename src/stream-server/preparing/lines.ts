/** The lines of a text file, one by one: no string of the whole is made, which would have a limit of its own. */
export function * linesOf (bytes: Buffer, from = 0): Generator<string> {
  for (let at = from; at < bytes.length;) {
    const found = bytes.indexOf(10, at)
    const end = found === -1 ? bytes.length : found
    // Nobody writes such lines; a file without line ends is not what it says it is.
    yield bytes.toString('latin1', at, Math.min(end, at + longestLine)).replace(/\r$/, '')
    at = end + 1
  }
}

const longestLine = 1 << 20

/** The words of a line. */
export const wordsOf = (line: string): string[] => line.split(/\s+/).filter(word => word !== '')

/** Text that was taken for latin1 and may be UTF-8. */
export const asUtf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')
