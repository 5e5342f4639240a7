import { closeSync, openSync, readSync } from 'node:fs'

/** No record is longer. Bytes. */
const longest = 1_048_576

interface Line { text: string, whole: boolean }

/** Lines of a file of any size; the last one is not whole where its newline is missing. @throws NodeJS.ErrnoException */
export function * linesOf (file: string): Generator<Line, undefined> {
  const descriptor = openSync(file, 'r')
  try {
    const chunk = Buffer.alloc(65_536)
    let rest = Buffer.alloc(0)
    for (let bytes = readSync(descriptor, chunk); bytes > 0; bytes = readSync(descriptor, chunk)) {
      rest = Buffer.concat([rest, chunk.subarray(0, bytes)])
      for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
        yield { text: rest.toString('utf8', 0, end), whole: true }
        rest = rest.subarray(end + 1)
      }
      if (rest.length > longest) {
        yield { text: '', whole: true }
        return
      }
    }
    if (rest.length > 0) yield { text: rest.toString('utf8'), whole: false }
  } finally {
    closeSync(descriptor)
  }
}
