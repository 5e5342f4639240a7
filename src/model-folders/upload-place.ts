import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { link, opendir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Clock } from '../clock.ts'
import { uploadName } from './upload-name.ts'

export interface UploadLimits {
  /** Bytes of one file. */
  fileBytes: number
  /** Bytes of all files in the folder. */
  totalBytes: number
  /** Files in the folder. */
  files: number
}

export interface UploadPlaceOptions {
  /** Absolute; it is there. */
  folder: string
  /** Of the files that are taken, in small letters. */
  endings: readonly string[]
  limits: UploadLimits
  /** Whether a model of this name is there already, in whatever folder. */
  taken: (name: string) => Promise<boolean>
  clock: Clock
}

export type UploadRefusal = { status: 'refused', code: 'bad_name' | 'bad_ending' | 'exists' | 'too_large' | 'folder_full' | 'empty' | 'too_slow' | 'busy', message: string }
export type UploadOutcome =
  | { status: 'stored', name: string, path: string, bytes: number }
  | UploadRefusal
  /** Whoever sent it went away. */
  | { status: 'aborted' }

/** Uploads at a time. */
const mostAtOnce = 4
/** Milliseconds without a byte after which an upload is given up. */
const stallTime = 30_000
/** What an upload is called until it is whole; hidden, so that it is nowhere listed. */
const draftMark = '.upload-'
/** Milliseconds after which a draft is one that a killed service left behind. */
const draftLife = 3_600_000

const refused = (code: UploadRefusal['code'], message: string): UploadRefusal => ({ status: 'refused', code, message })

/** The folder that takes files from outside. What is in it by name is whole: a file gets its name when its last byte is there, and never another's. */
export class UploadPlace {
  readonly #options: UploadPlaceOptions
  readonly #running = new Map<string, { bytes: number, name: string }>()
  readonly #pending = new Set<Promise<unknown>>()
  #admitting: Promise<unknown> = Promise.resolve()

  constructor (options: UploadPlaceOptions) {
    this.#options = options
  }

  /** Takes one file. `size` is what its sender says, if anything. Rejects only when the folder cannot be written, for a reason other than its being full. */
  async take (sent: string, size: number | undefined, body: Readable): Promise<UploadOutcome> {
    const named = uploadName(sent)
    const { endings, limits: { fileBytes } } = this.#options
    if (named === null) return refused('bad_name', 'A file with such a name is not taken; rename it')
    if (!endings.includes(named.ending)) return refused('bad_ending', `Files that end in ${named.ending === '' ? 'nothing' : `“${named.ending}”`} are not taken, only ${endings.join(', ')}`)
    if (size === 0) return refused('empty', 'The file is empty')
    if (size !== undefined && size > fileBytes) return this.#tooLarge()
    const draft = join(this.#options.folder, `${draftMark}${randomUUID()}`)
    // One after the other, so that two do not count on the same room.
    const admission = this.#admitting.then(() => this.#admit(draft, named.name, size ?? fileBytes))
    this.#admitting = admission.catch(() => {})
    const storing = admission.then(refusal => refusal ?? this.#store(draft, named, body)).finally(() => { this.#running.delete(draft) })
    this.#pending.add(storing)
    return await storing.finally(() => { this.#pending.delete(storing) })
  }

  /** Resolves when nothing is being taken any more; their connections must have been ended. */
  async close (): Promise<void> {
    await Promise.allSettled(this.#pending)
  }

  #tooLarge (): UploadRefusal {
    return refused('too_large', `The file is too large: ${this.#options.limits.fileBytes} bytes are allowed`)
  }

  async #admit (draft: string, name: string, bytes: number): Promise<UploadRefusal | null> {
    const { limits: { totalBytes, files }, taken } = this.#options
    if (this.#running.size >= mostAtOnce) return refused('busy', 'Too many files are being sent at once; try again in a moment')
    const running = [...this.#running.values()]
    if (running.some(other => other.name === name) || await taken(name)) return refused('exists', `There is a model named “${name}” already; rename the file`)
    const held = await this.#held()
    if (held.files + running.length >= files) return refused('folder_full', `The folder for uploads is full: it takes ${files} files`)
    if (running.reduce((sum, other) => sum + other.bytes, held.bytes + bytes) > totalBytes) return refused('folder_full', `The folder for uploads has no room for it: it takes ${totalBytes} bytes in all`)
    this.#running.set(draft, { bytes, name })
    return null
  }

  /** What is in the folder, without what is being sent. What killed services left is taken away. */
  async #held (): Promise<{ files: number, bytes: number }> {
    const held = { files: 0, bytes: 0 }
    for await (const entry of await opendir(this.#options.folder)) {
      const path = join(this.#options.folder, entry.name)
      if (this.#running.has(path)) continue
      const stats = await stat(path).catch(() => null)
      if (stats?.isFile() !== true) continue
      if (entry.name.startsWith(draftMark) && this.#options.clock.now() - stats.mtimeMs > draftLife) await rm(path, { force: true })
      else {
        held.files++
        held.bytes += stats.size
      }
    }
    return held
  }

  async #store (draft: string, { file, name }: { file: string, name: string }, body: Readable): Promise<UploadOutcome> {
    const { folder, clock, limits: { fileBytes } } = this.#options
    let bytes = 0
    let refusal: UploadRefusal | undefined
    const give = (reason: UploadRefusal): Error => {
      refusal = reason
      return new Error(reason.message)
    }
    const counted = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        bytes += chunk.length
        if (bytes > fileBytes) done(give(this.#tooLarge()))
        else done(null, chunk)
      }
    })
    let cancel = () => {}
    const watch = (before: number): void => {
      cancel = clock.after(stallTime, () => {
        if (bytes === before) counted.destroy(give(refused('too_slow', `Nothing came for ${stallTime / 1_000} s`)))
        else watch(bytes)
      })
    }
    watch(0)
    try {
      // The body is not ours to destroy: its connection still has to carry the answer.
      body.once('close', () => { if (!body.readableEnded) counted.destroy(new Error('gone')) })
      await pipeline(body.pipe(counted), createWriteStream(draft, { flags: 'wx', mode: 0o640 }))
      if (bytes === 0) return refused('empty', 'The file is empty')
      const path = join(folder, file)
      await named(draft, path)
      return { status: 'stored', name, path, bytes }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (refusal !== undefined) return refusal
      if (code === 'EEXIST') return refused('exists', `There is a file named “${file}” already; rename yours`)
      if (code === 'ENOSPC' || code === 'EDQUOT') return refused('folder_full', 'The disk is full')
      if (body.destroyed && !body.readableEnded) return { status: 'aborted' }
      throw error
    } finally {
      cancel()
      body.unpipe(counted)
      await rm(draft, { force: true })
    }
  }
}

/** Gives a whole file its name, unless another has it: a link, unlike renaming, does not replace. Not all file systems have links. */
async function named (draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    if (await stat(path).then(() => true, () => false)) throw Object.assign(new Error('taken'), { code: 'EEXIST' })
    await rename(draft, path)
  }
}
