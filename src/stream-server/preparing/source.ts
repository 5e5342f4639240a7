import { open } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { hashOf, mostModelBytes } from '../models/fingerprint.ts'
import type { Sources } from '../models/fingerprint.ts'
import { mostNeighbours, neighbourFile } from '../models/neighbour-files.ts'
import { UnreadableModel } from './unreadable.ts'

/** A model file and the files beside it, each read once, and remembered by what was read. */
export class Source {
  /** Extension of the model file in small letters, with its dot. */
  readonly extension: string
  readonly bytes: Buffer
  #folder: string
  #content: string
  #neighbours = new Map<string, Buffer | null>()
  #left: number

  private constructor (path: string, bytes: Buffer) {
    this.extension = extname(path).toLowerCase()
    this.bytes = bytes
    this.#folder = dirname(path)
    this.#content = hashOf(bytes)
    this.#left = mostModelBytes - bytes.length
  }

  /** Reads the model file. Throws `UnreadableModel` when it is empty or too large. */
  static async open (path: string): Promise<Source> {
    const bytes = await readBounded(path, mostModelBytes)
    if (bytes === null) throw new UnreadableModel(`The model file has more than ${mostModelBytes / 2 ** 30} GiB.`)
    if (bytes.length === 0) throw new UnreadableModel('The model file is empty.')
    return new Source(path, bytes)
  }

  /** A file that the model names beside itself. Throws `UnreadableModel` when it is missing, lies elsewhere, or all of them are too much. */
  async neighbour (name: string): Promise<Buffer> {
    const known = this.#neighbours.get(name)
    if (known) return known
    if (this.#neighbours.size >= mostNeighbours) throw new UnreadableModel(`The model needs more than ${mostNeighbours} files beside it.`)
    this.#neighbours.set(name, null)
    let bytes: Buffer | null
    try {
      bytes = await readBounded(await neighbourFile(this.#folder, name), this.#left)
    } catch (error) {
      throw new UnreadableModel(`The model file cannot be read: ${(error as Error).message}.`, { cause: error })
    }
    if (bytes === null) throw new UnreadableModel(`The model and the files it needs have more than ${mostModelBytes / 2 ** 30} GiB.`)
    this.#left -= bytes.length
    this.#neighbours.set(name, bytes)
    return bytes
  }

  /** What was read, and what was looked for in vain. */
  get sources (): Sources {
    return { content: this.#content, neighbours: [...this.#neighbours].map(([name, bytes]) => [name, bytes === null ? null : hashOf(bytes)]) }
  }
}

/** The bytes of a file, or `null` when they are more than `most`. A pipe or a device is no file. */
async function readBounded (path: string, most: number): Promise<Buffer | null> {
  const file = await open(path, 'r')
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new UnreadableModel('The model is not a file.')
    return stats.size > most ? null : await file.readFile()
  } finally {
    await file.close()
  }
}
