import { existsSync, watch } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** Watches one folder that is there, and no folder below it. `changed` hears the entry, where the system tells it. Throws when it cannot. */
export type Watch = (folder: string, changed: (entry: string | null) => void) => { close: () => void }

/** By what the system tells of its files; a folder that goes away is told as a change of the folder itself, or not at all. */
export const systemWatch: Watch = (folder, changed) => {
  // Not waited for at the end of the process: whoever watches says when it is over.
  const watcher = watch(folder, { persistent: false }, (_event, entry) => { changed(entry) })
  watcher.on('error', () => { changed(null) })
  return watcher
}

/**
 * One folder, whether it is there or not: it may vanish, come, or be replaced by another of its name. So the one above is watched too, or the nearest that is
 * there. `changed` hears the entry, or `null` when anything may have changed.
 */
export class FolderWatch {
  readonly #folder: string
  readonly #changed: (entry: string | null) => void
  readonly #watch: Watch
  #open: Array<{ close: () => void }> = []
  #seen = false
  #closed = false

  constructor (folder: string, changed: (entry: string | null) => void, watch: Watch = systemWatch) {
    this.#folder = resolve(folder)
    this.#changed = changed
    this.#watch = watch
    this.#look()
  }

  /** Whether the folder itself is watched now. */
  get watching (): boolean {
    return this.#seen
  }

  /** Twice is nothing. */
  close (): void {
    this.#closed = true
    this.#forget()
  }

  #look (): void {
    this.#forget()
    if (this.#closed) return
    let [above, next] = [dirname(this.#folder), basename(this.#folder)]
    const moved = (entry: string | null): void => {
      if (entry !== null && entry !== next && entry !== basename(above)) return
      this.#look()
      this.#changed(null)
    }
    while (!this.#take(above, moved) && above !== dirname(above)) [above, next] = [dirname(above), basename(above)]
    this.#seen = this.#take(this.#folder, entry => {
      // The folder's own name, or none, may mean that it is gone.
      if (entry === null || (entry === basename(this.#folder) && !existsSync(join(this.#folder, entry)))) moved(null)
      else this.#changed(entry)
    })
  }

  #take (folder: string, changed: (entry: string | null) => void): boolean {
    try {
      let over = false
      const watcher = this.#watch(folder, entry => { if (!over) changed(entry) })
      this.#open.push({ close: () => { over = true; watcher.close() } })
      return true
    } catch {
      return false
    }
  }

  #forget (): void {
    this.#seen = false
    for (const each of this.#open.splice(0)) each.close()
  }
}
