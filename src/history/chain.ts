import { createHash } from 'node:crypto'

/** What a record of the file may hold: flat, so that it can be written in one way only. */
export type Entry = Readonly<Record<string, string | number | null>>

/** A link of the chain: which record was the last, and its hash. */
export interface Link {
  /** Records before and with it; 0: none. */
  number: number
  /** 64 hexadecimal digits. */
  hash: string
}

/** Before the first record. */
export const origin: Link = { number: 0, hash: '0'.repeat(64) }

/** What each line begins with: names stand in alphabetical order, and `at` is the first. */
export const opening = '{"at":"'

/** Names that the chain itself uses. */
const own = ['hash', 'number', 'previous']

/**
 * The next record after `previous`, as a line without its newline. Its hash is the SHA-256 of the previous one's, a newline, and its own
 * canonical text: JSON with names in alphabetical order and no blanks, its number in it and the two hashes not.
 */
export function seal (entry: Entry, previous: Link): { line: string, link: Link } {
  const number = previous.number + 1
  const hash = digest(previous.hash, { ...entry, number })
  return { line: canonical({ ...entry, number, previous: previous.hash, hash }), link: { number, hash } }
}

/** A line that was read back: a sound record, or what is wrong with it by itself. */
export type Reading =
  | { status: 'record', entry: Entry, number: number, previous: string, hash: string }
  | { status: 'unsound', problem: string }

/** Reads one line and looks whether it still is what was sealed; where it stands is for others to judge. */
export function readSealed (line: string): Reading {
  const value = parsed(line)
  if (value === undefined) return { status: 'unsound', problem: 'it is no record' }
  const { number, previous, hash } = value
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1 || !isHash(previous) || !isHash(hash)) return { status: 'unsound', problem: 'it is no record' }
  const entry = Object.fromEntries(Object.entries(value).filter(([name]) => !own.includes(name)))
  // A blank more or a name twice says the same, and is not what was written.
  if (digest(previous, { ...entry, number }) !== hash || canonical(value) !== line) return { status: 'unsound', problem: 'it was altered: its hash is not that of its text' }
  return { status: 'record', entry, number, previous, hash }
}

function parsed (line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return Object.values(value).every(each => each === null || typeof each === 'string' || typeof each === 'number') ? value as Entry : undefined
  } catch {
    return undefined
  }
}

const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const canonical = (entry: Entry) => JSON.stringify(Object.fromEntries(Object.entries(entry).sort(([a], [b]) => a < b ? -1 : 1)))
const digest = (previous: string, entry: Entry) => createHash('sha256').update(`${previous}\n${canonical(entry)}`).digest('hex')
