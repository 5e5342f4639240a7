import { closeSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Value } from 'typebox/value'
import { origin, readSealed, seal, type Entry, type Link } from '../history/chain.ts'
import { noteSchema, type Note } from './note.ts'

/** Goes up when a journal says something that a service before would not understand. */
const version = 2

/** Those that can be read. */
const understood = [1, version]

/** Bytes from which on a journal is written anew when it has doubled. */
const growth = 1_048_576

/** What a service before has left. */
export type JournalReading =
  | {
    status: 'read'
    /** Of the sessions that had not ended, in the order they came. */
    notes: Note[]
    /** Lines that were altered, with their numbers, from 1; they are left out. */
    unsound: number[]
    /** Lines before which others are missing, or that stand in the place of others, with their numbers; what they say is taken all the same. */
    unchained: number[]
    /** Whether the last line was never finished. */
    torn: boolean
  }
  | { status: 'otherVersion', version: number }

/** Reads a journal; one that is not there is empty. @throws NodeJS.ErrnoException when it cannot be read */
export function readJournal (path: string): JournalReading {
  const notes = new Map<string, Note>()
  const unsound: number[] = []
  const unchained: number[] = []
  let last: Link = origin
  let altered = 0
  const lines = textOf(path).split('\n')
  const rest = lines.pop() ?? ''
  // What lacks nothing but its newline is whole.
  const torn = rest !== '' && readSealed(rest).status === 'unsound'
  if (rest !== '' && !torn) lines.push(rest)
  for (const [index, line] of lines.entries()) {
    const reading = readSealed(line)
    const entry = reading.status === 'record' ? reading.entry : undefined
    if (entry?.['event'] === 'journal' && typeof entry['version'] === 'number' && !understood.includes(entry['version'])) return { status: 'otherVersion', version: entry['version'] }
    if (entry === undefined || !fold(notes, entry)) unsound.push(index + 1)
    if (reading.status === 'unsound') {
      altered++
      continue
    }
    if (!follows(reading, last, altered)) unchained.push(index + 1)
    last = reading
    altered = 0
  }
  return { status: 'read', notes: [...notes.values()], unsound, unchained, torn }
}

/** What has happened to a journal that was read, in words; null: nothing. */
export function harmDone ({ unsound, unchained, torn }: JournalReading & { status: 'read' }): string | null {
  const harms = [
    ...torn ? ['the last line was never finished, as after a crash'] : [],
    ...unsound.length > 0 ? [`what was altered is left out: line ${unsound.join(', ')}`] : [],
    ...unchained.length > 0 ? [`lines are missing, or others stand in their place, before line ${unchained.join(', ')}: sessions that live may be unknown, and others have ended`] : []
  ]
  return harms.length === 0 ? null : harms.join('; ')
}

/** Whether a record comes right after the last, but for lines in between that were altered and can no more be known. */
function follows ({ number, previous }: Link & { previous: string }, last: Link, altered: number): boolean {
  if (number === last.number + 1) return previous === last.hash
  return number > last.number && number <= last.number + 1 + altered
}

/** Takes an entry in; `false`: it is none that this version writes. */
function fold (notes: Map<string, Note>, { event, ...facts }: Entry): boolean {
  const { id } = facts
  // Version 1 knew no token.
  const note = { token: null, ...facts }
  if (event === 'session' && Value.Check(noteSchema, note)) notes.set(note.id, note)
  else if (event === 'ended' && typeof id === 'string') notes.delete(id)
  else return event === 'journal'
  return true
}

function textOf (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

export interface JournalOptions {
  /** Absolute. */
  path: string
  /** Told when it cannot be written: once, until it can again. */
  failed: (error: Error) => void
}

/**
 * What the launcher cannot be asked about the sessions that live: a file that is only appended to, each line sealed with the hash of its text and of the
 * line before. It is written before anything is answered, and never synced: it has to outlive the service, not the machine.
 */
export class Journal {
  readonly #options: JournalOptions
  readonly #notes = new Map<string, Note>()
  #descriptor: number | undefined
  #last = origin
  #bytes = 0
  #limit = growth
  #begun = false
  #failing = false

  constructor (options: JournalOptions) {
    this.#options = options
  }

  /** Puts a file with what was noted so far in the place of the one that is there; from now on it is written. */
  begin (): void {
    this.#begun = true
    this.#write()
  }

  noted (id: string): Note | undefined { return this.#notes.get(id) }

  /** Remembers a session as it is now. */
  note (note: Note): void {
    this.#notes.set(note.id, note)
    this.#write({ event: 'session', ...note })
  }

  /** The session has ended. One that is not noted is nothing. */
  ended (id: string): void {
    if (this.#notes.delete(id)) this.#write({ event: 'ended', id })
  }

  /** Leaves the file as it is. Closing twice is nothing. */
  close (): void {
    this.#begun = false
    this.#drop()
  }

  /** Appends an entry, or writes everything anew where it cannot be appended. Never throws. */
  #write (entry?: Entry): void {
    if (!this.#begun) return
    try {
      if (entry === undefined || this.#descriptor === undefined || this.#bytes > this.#limit) this.#rewrite()
      else this.#append(this.#descriptor, entry)
      this.#failing = false
    } catch (error) {
      // Half a line may be there: the next time it is all written anew.
      this.#drop()
      if (!this.#failing) this.#options.failed(error as Error)
      this.#failing = true
    }
  }

  #append (descriptor: number, entry: Entry): void {
    const { line, link } = seal(entry, this.#last)
    writeFileSync(descriptor, `${line}\n`)
    this.#last = link
    this.#bytes += line.length + 1
  }

  /** Nobody ever finds half of it: it is put in the place of the old one when it is whole. */
  #rewrite (): void {
    this.#drop()
    const { path } = this.#options
    const next = openSync(`${path}.new`, 'w', 0o600)
    this.#descriptor = next
    this.#last = origin
    this.#bytes = 0
    this.#append(next, { event: 'journal', version })
    for (const note of this.#notes.values()) this.#append(next, { event: 'session', ...note })
    renameSync(`${path}.new`, path)
    this.#limit = Math.max(growth, this.#bytes * 2)
  }

  #drop (): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
