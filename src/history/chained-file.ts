import { constants, existsSync } from 'node:fs'
import { open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { makeFolder } from '../folder.ts'
import { opening, origin, readSealed, seal, type Entry, type Link } from './chain.ts'

/** Bytes from the end in which the last record is looked for. */
const tailBytes = 65_536

export interface ChainedFileOptions {
  /** Absolute; its folder is made. Files that are full are called the same with `.1`, `.2`… behind, the newest with the highest number. */
  path: string
  /** Bytes after which the next file is begun. */
  limit: number
  /** Files kept, from 1, the one that is written included. */
  keep: number
}

/**
 * The files of one chain of records, open at their end. Every write is whole or taken back. Whatever goes wrong is thrown, and then this
 * is to be opened anew; the chain is found again in the file.
 */
export class ChainedFile {
  readonly #options: ChainedFileOptions
  /** Bytes that were cut off when it was opened: a line that was never finished. */
  readonly torn: number
  #handle: FileHandle
  #size: number
  #last: Link

  private constructor (options: ChainedFileOptions, { handle, size, last, torn }: Found) {
    this.#options = options
    this.#handle = handle
    this.#size = size
    this.#last = last
    this.torn = torn
  }

  /** Opens the file, or begins it, and finds where its chain ends. @throws Error in words when it is none of ours or cannot be written */
  static async open (options: ChainedFileOptions): Promise<ChainedFile> {
    makeFolder(dirname(options.path))
    const found = await find(options.path)
    // The service may have ended after it put a full file aside and before it wrote to the next.
    const aside = found.last === origin ? (await setAside(options.path)).at(-1) : undefined
    if (aside !== undefined) {
      const before = await find(asidePath(options.path, aside), 'read')
      await before.handle.close()
      found.last = before.last
    }
    return new ChainedFile(options, found)
  }

  /** Writes entries as the next records, all of them or, when it throws, none. */
  async append (entries: readonly Entry[]): Promise<void> {
    await this.#undisturbed()
    let last = this.#last
    const lines: string[] = []
    for (const entry of entries) {
      const sealed = seal(entry, last)
      last = sealed.link
      lines.push(`${sealed.line}\n`)
    }
    const bytes = Buffer.from(lines.join(''))
    if (this.#size > 0 && this.#size + bytes.length > this.#options.limit) await this.#next()
    try {
      await this.#handle.appendFile(bytes)
    } catch (error) {
      // Half a line would make everything after it worthless.
      await this.#handle.truncate(this.#size).catch(() => {})
      throw error
    }
    this.#size += bytes.length
    this.#last = last
  }

  /** Never rejects; closing twice is nothing. */
  async close (): Promise<void> {
    await this.#handle.sync().catch(() => {})
    await this.#handle.close().catch(() => {})
  }

  /** @throws Error when somebody else wrote to the file, shortened it or deleted it */
  async #undisturbed (): Promise<void> {
    const { size, nlink } = await this.#handle.stat()
    if (nlink === 0) throw new Error('it was deleted')
    if (size !== this.#size) throw new Error('somebody else wrote to it')
  }

  async #next (): Promise<void> {
    const { path, keep } = this.#options
    const numbers = await setAside(path)
    const number = (numbers.at(-1) ?? 0) + 1
    await rename(path, asidePath(path, number))
    await this.close()
    this.#handle = await open(path, flags, 0o640)
    this.#size = 0
    const surplus = [...numbers, number].slice(0, -keep + 1 || undefined)
    await Promise.all(surplus.map(async each => { await unlink(asidePath(path, each)).catch(() => {}) }))
  }
}

interface Found { handle: FileHandle, size: number, last: Link, torn: number }

/** Opens a file and reads the last record in it; a line without an end behind it is cut off. */
async function find (path: string, how: 'append' | 'read' = 'append'): Promise<Found> {
  const handle = await open(path, how === 'append' ? flags : 'r', 0o640)
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new Error('it is no file')
    const from = Math.max(0, stat.size - tailBytes)
    const tail = Buffer.alloc(stat.size - from)
    await handle.read(tail, 0, tail.length, from)
    const end = tail.lastIndexOf(0x0a) + 1
    const torn = tail.length - end
    const last = lastRecord(tail.toString('utf8', tail.lastIndexOf(0x0a, end - 2) + 1, end - 1), end)
    const begun = tail.toString('utf8', end, end + opening.length)
    if (last === undefined || !opening.startsWith(begun)) throw new Error('what is in it does not end as a history does; `slipway verify-history` says more. Move it away, and a new one is begun')
    if (torn > 0 && how === 'append') await handle.truncate(from + end)
    return { handle, size: from + end, last, torn }
  } catch (error) {
    await handle.close()
    throw error
  }
}

function lastRecord (line: string, end: number): Link | undefined {
  if (end === 0) return origin
  const reading = readSealed(line)
  return reading.status === 'record' ? { number: reading.number, hash: reading.hash } : undefined
}

/** Appending, and reading what is there. */
const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT

const asidePath = (path: string, number: number) => `${path}.${number}`

/** All files of a chain, the newest first; those that are not there are left out. @throws NodeJS.ErrnoException when the folder cannot be read */
export async function filesOf (path: string): Promise<string[]> {
  const aside = (await setAside(path)).reverse().map(number => asidePath(path, number))
  return existsSync(path) ? [path, ...aside] : aside
}

/** Numbers of the full files, in their order. */
async function setAside (path: string): Promise<number[]> {
  const name = basename(path)
  const names = await readdir(dirname(path))
  return names.flatMap(each => each.startsWith(`${name}.`) && /^[1-9]\d{0,8}$/.test(each.slice(name.length + 1)) ? [Number(each.slice(name.length + 1))] : []).sort((a, b) => a - b)
}
