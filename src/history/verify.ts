import { origin, readSealed, type Link } from './chain.ts'
import { linesOf } from './lines.ts'

/** What became of a look at the files of a history. */
export type Verdict =
  | {
    status: 'sound'
    records: number
    /** Number of the first record; above 1, older files hold what came before. */
    first: number
    last: Link
    /** Records behind the one that is known to have been the last once; null: none is. */
    since: number | null
    /** Bytes of a last line that was never finished, as after a crash; 0: none. */
    torn: number
  }
  | { status: 'broken', file: string, line: number, problem: string }
  /** Something is missing at the beginning or the end, by what is known of it. */
  | { status: 'cut', problem: string }
  | { status: 'unreadable', file: string, problem: string }
  /** There is not a single record. */
  | { status: 'empty', torn: number }

/** What somebody knows of a history who looked at it before: from its files alone nobody can tell that something is missing at either end. */
export interface Known {
  /** Number of a record that must be there, with all that follow it. */
  first?: number
  /** Hash of the record that was the last then. */
  last?: string
}

/** Looks at every record of a history's files, which are put in the order of their records, whether it is whole and where it belongs. */
export function verifyHistory (files: readonly string[], known: Known = {}): Verdict {
  const sorted: Array<{ file: string, first: number }> = []
  for (const file of files) {
    try {
      sorted.push({ file, first: firstNumber(file) })
    } catch (error) {
      return { status: 'unreadable', file, problem: (error as NodeJS.ErrnoException).code ?? String(error) }
    }
  }
  sorted.sort((a, b) => a.first - b.first)
  let first: number | undefined
  let last: Link | undefined
  let torn = 0
  let records = 0
  let lastThen: number | undefined
  for (const [place, { file }] of sorted.entries()) {
    let line = 0
    for (const { text, whole } of linesOf(file)) {
      line++
      if (!whole) {
        if (place < sorted.length - 1) return { status: 'broken', file, line, problem: 'it was cut off, and records follow in another file' }
        torn = Buffer.byteLength(text)
        break
      }
      const reading = readSealed(text)
      if (reading.status === 'unsound') return { status: 'broken', file, line, problem: reading.problem }
      const { number, previous, hash } = reading
      const problem = misplaced(number, previous, last)
      if (problem !== undefined) return { status: 'broken', file, line, problem }
      first ??= number
      last = { number, hash }
      if (hash === known.last) lastThen = number
      records++
    }
  }
  if (known.first !== undefined && (first === undefined || first > known.first)) return { status: 'cut', problem: first === undefined ? `record ${known.first} is not there, nor any other` : `it begins with record ${first}: records ${known.first} to ${first - 1} are missing` }
  if (known.last !== undefined && lastThen === undefined) return { status: 'cut', problem: `no record has the hash ${known.last}: what was the last record is missing, or was made anew` }
  if (first === undefined || last === undefined) return { status: 'empty', torn }
  return { status: 'sound', records, first, last, since: lastThen === undefined ? null : last.number - lastThen, torn }
}

/** Why a record does not belong behind `last`; where there is none before it in these files, anything but the first must be believed. */
function misplaced (number: number, previous: string, last: Link | undefined): string | undefined {
  if (last === undefined) return number === 1 && previous !== origin.hash ? 'it says it is the first record, and is chained to another one' : undefined
  const wanted = last.number + 1
  if (number > wanted) return number === wanted + 1 ? `record ${wanted} is missing before it` : `records ${wanted} to ${number - 1} are missing before it`
  if (number < wanted) return `record ${number} stands where record ${wanted} belongs: it was moved or written twice`
  return previous === last.hash ? undefined : `it is not chained to the record before it: record ${last.number} was put in the place of another`
}

/** The number of a file's first record; one that has none, or whose first line is broken, comes last and is told there. */
function firstNumber (file: string): number {
  const lines = linesOf(file)
  const { value: line } = lines.next()
  lines.return(undefined)
  const reading = line?.whole === true ? readSealed(line.text) : undefined
  return reading?.status === 'record' ? reading.number : Infinity
}

/** A verdict in words, and the exit code of the command that asked. */
export function verdictWords (verdict: Verdict): { text: string, exitCode: 0 | 1 | 2 } {
  switch (verdict.status) {
    case 'unreadable': return { text: `slipway: ${verdict.file} cannot be read (${verdict.problem})\n`, exitCode: 2 }
    case 'broken': return { text: `${verdict.file}, line ${verdict.line}: ${verdict.problem}\n`, exitCode: 1 }
    case 'cut': return { text: `${verdict.problem}\n`, exitCode: 1 }
    case 'empty': return { text: `0 records${tornWords(verdict.torn)}\n`, exitCode: 0 }
    case 'sound': {
      const { records, first, last: { number, hash }, since, torn } = verdict
      const later = since === null ? '' : `the one that was known is there, and ${since === 0 ? 'still the last' : `${since} follow${since === 1 ? 's' : ''} it`}\n`
      const before = first === 1 ? '' : `; records 1 to ${first - 1} are in older files`
      return { text: `${records} record${records === 1 ? '' : 's'}, ${first} to ${number}, each whole and in its place${before}\nthe last one's hash: ${hash}\n${later}${torn === 0 ? '' : `${tornWords(torn).slice(2)}\n`}`, exitCode: 0 }
    }
  }
}

const tornWords = (torn: number) => torn === 0 ? '' : `; the last line was never finished (${torn} bytes without an end), as after a crash: it is no record, and is cut off when the service goes on with this file`
