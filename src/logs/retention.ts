import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { isLogName, logStem } from './names.ts'
import type { Maker, OwnFiles } from './own-files.ts'

/** What may stay; 0 means without limit. */
export interface RetentionLimits {
  /** Milliseconds since a file was written last. */
  age: number
  /** Files. */
  files: number
  /** Bytes of all files together. */
  bytes: number
}

export interface RetentionOptions {
  dir: string
  /** What was made here by this service; all else stays. */
  own: OwnFiles
  limits: RetentionLimits
  /** Asked once for each sweep: whether somebody still writes the file of a name. It stays then, whatever the limits say. */
  living: () => (name: string) => boolean
  /** Told when files were deleted; `bytes` of them together. */
  deleted: (files: number, bytes: number) => void
  clock: Clock
}

interface Found { name: string, path: string, writtenAt: number, bytes: number, living: boolean }

/**
 * Keeps the log files of this service within limits: the oldest go first. Files of somebody else neither go nor count, whatever their
 * names; those of another process that still lives count.
 */
export class Retention {
  readonly #options: RetentionOptions
  #running: Promise<void> | null = null
  #again = false

  constructor (options: RetentionOptions) {
    this.#options = options
  }

  /** Deletes what is too much. Asked while it is at it, it goes over the folder once more. Never rejects. */
  async sweep (): Promise<void> {
    this.#again = true
    this.#running ??= this.#work().finally(() => { this.#running = null })
    await this.#running
  }

  async #work (): Promise<void> {
    while (this.#again) {
      this.#again = false
      const { own, deleted } = this.#options
      const living = this.#options.living()
      const makers = await own.makers()
      const found = await this.#found(makers, living)
      const gone: Found[] = []
      for (const file of this.#surplus(found)) await unlink(file.path).then(() => { gone.push(file) }, () => {})
      if (gone.length > 0) deleted(gone.length, gone.reduce((bytes, file) => bytes + file.bytes, 0))
      const there = new Set(found.filter(file => !gone.includes(file)).map(({ name }) => logStem(name)))
      await own.forget(makers, (stem, maker) => there.has(stem) || living(stem) || own.mayStillWrite(maker, Infinity))
    }
  }

  async #found (makers: ReadonlyMap<string, Maker>, living: (name: string) => boolean): Promise<Found[]> {
    const { dir, own, clock } = this.#options
    const names = (await readdir(dir).catch(() => [])).filter(isLogName)
    const files = await Promise.all(names.map(async name => {
      const maker = makers.get(logStem(name))
      if (maker === undefined) return []
      const path = join(dir, name)
      const found = await stat(path).catch(() => undefined)
      if (found?.isFile() !== true) return []
      return [{ name, path, writtenAt: found.mtimeMs, bytes: found.size, living: living(name) || own.mayStillWrite(maker, clock.now() - found.mtimeMs) }]
    }))
    return files.flat()
  }

  #surplus (files: Found[]): Found[] {
    const { limits: { age, files: most, bytes: room }, clock } = this.#options
    const surplus: Found[] = []
    let count = 0
    let bytes = 0
    // Those being written come first: they count, but never go.
    for (const file of files.sort((a, b) => Number(b.living) - Number(a.living) || b.writtenAt - a.writtenAt)) {
      count++
      bytes += file.bytes
      const tooMuch = (age > 0 && clock.now() - file.writtenAt > age) || (most > 0 && count > most) || (room > 0 && bytes > room)
      if (tooMuch && !file.living) surplus.push(file)
    }
    return surplus
  }
}
