import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { isLogName } from './names.ts'

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
  limits: RetentionLimits
  /** Whether somebody still writes the file of this name: it stays, whatever the limits say. */
  living: (name: string) => boolean
  clock: Clock
}

interface Found { path: string, writtenAt: number, bytes: number, living: boolean }

/** Keeps the log folder within its limits: the oldest files go first. It touches nothing but files with the names of logs. */
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
      for (const path of this.#surplus(await this.#found())) await unlink(path).catch(() => {})
    }
  }

  async #found (): Promise<Found[]> {
    const { dir, living } = this.#options
    const names = (await readdir(dir).catch(() => [])).filter(isLogName)
    const files = await Promise.all(names.map(async name => {
      const path = join(dir, name)
      const found = await stat(path).catch(() => undefined)
      return found?.isFile() ? [{ path, writtenAt: found.mtimeMs, bytes: found.size, living: living(name) }] : []
    }))
    return files.flat()
  }

  #surplus (files: Found[]): string[] {
    const { limits: { age, files: most, bytes: room }, clock } = this.#options
    const surplus: string[] = []
    let count = 0
    let bytes = 0
    // Those being written come first: they count, but never go.
    for (const file of files.sort((a, b) => Number(b.living) - Number(a.living) || b.writtenAt - a.writtenAt)) {
      count++
      bytes += file.bytes
      const tooMuch = (age > 0 && clock.now() - file.writtenAt > age) || (most > 0 && count > most) || (room > 0 && bytes > room)
      if (tooMuch && !file.living) surplus.push(file.path)
    }
    return surplus
  }
}
