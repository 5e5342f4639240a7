import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { FolderWatch, systemWatch, type Watch } from './folder-watch.ts'
import { modelFiles, modelName } from './model-files.ts'

export interface ModelListOptions {
  folders: readonly string[]
  /** Endings of model files, in small letters. */
  endings: readonly string[]
  /** A folder cannot be read, or not all of it; said once until it is well again. */
  warn: (facts: { directory: string, code?: string | undefined }, words: string) => void
  clock: Clock
  watch?: Watch
}

/** A file that nobody has written to for so long, in milliseconds, is a whole one. */
export const settleTime = 1_000
/** Files that are known to be in writing; what else is written meanwhile is shown at once. */
const mostInWriting = 10_000
/** Names in the list. */
export const mostNames = 20_000

/** The models in some folders by name, kept as the folders are. A new file is in the list once it has not been written to for a second; `changed` tells. */
export class ModelList extends EventEmitter<{ changed: [] }> {
  readonly #options: ModelListOptions
  readonly #watches: FolderWatch[]
  /** By path, the time of the last sign of life. */
  readonly #inWriting = new Map<string, number>()
  readonly #warned = new Map<string, string>()
  #shown = new Set<string>()
  #names: readonly string[] = []
  #cancel: (() => void) | undefined
  #looking: Promise<readonly string[]> | undefined
  #again = false

  constructor (options: ModelListOptions) {
    super()
    this.setMaxListeners(0)
    this.#options = options
    this.#watches = options.folders.map(folder => new FolderWatch(folder, entry => { this.#touched(folder, entry) }, options.watch ?? systemWatch))
  }

  /** Looks into the folders, so that where the system does not tell of changes (network drives) asking helps. In natural order, each name once. */
  async names (): Promise<readonly string[]> {
    this.#looking ??= this.#look().finally(() => { this.#looking = undefined })
    return await this.#looking
  }

  /** A file of which it is known that it is whole: it is in the list when this resolves. */
  async whole (path: string): Promise<void> {
    this.#inWriting.delete(path)
    await this.#lookAfresh()
  }

  /** Ends watching. Twice is nothing. */
  close (): void {
    this.#cancel?.()
    for (const watch of this.#watches) watch.close()
  }

  #touched (folder: string, entry: string | null): void {
    const { clock, endings } = this.#options
    if (entry === null) this.#again = true
    else if (modelName(entry, endings) === null) return
    else if (this.#inWriting.size < mostInWriting) this.#inWriting.set(join(folder, entry), clock.now())
    else this.#again = true
    this.#cancel ??= clock.after(settleTime, () => { this.#tick() })
  }

  /** Once in the time that files need to settle, however much happens. */
  #tick (): void {
    const { clock } = this.#options
    const now = clock.now()
    let settled = this.#again
    this.#again = false
    for (const [path, touched] of this.#inWriting) {
      if (now - touched < settleTime) continue
      this.#inWriting.delete(path)
      settled = true
    }
    this.#cancel = this.#inWriting.size > 0 ? clock.after(settleTime, () => { this.#tick() }) : undefined
    if (settled) void this.#lookAfresh()
  }

  /** What is being read now may have been read before the change. */
  async #lookAfresh (): Promise<void> {
    await this.#looking
    await this.names()
  }

  async #look (): Promise<readonly string[]> {
    const { folders, endings } = this.#options
    const names = new Set<string>()
    const shown = new Set<string>()
    for (const folder of folders) {
      try {
        const { files, cut } = await modelFiles(folder, endings)
        for (const [file, name] of files) {
          const path = join(folder, file)
          // One that was there before stays while it is written anew.
          if (this.#inWriting.has(path) && !this.#shown.has(path)) continue
          if (names.size === mostNames && !names.has(name)) break
          names.add(name)
          shown.add(path)
        }
        if (cut || names.size === mostNames) this.#warn(folder, 'ETOOMANY', 'a model folder has more files than are listed')
        else this.#warned.delete(folder)
      } catch (error) {
        this.#warn(folder, (error as NodeJS.ErrnoException).code, 'a model folder cannot be read')
      }
    }
    this.#shown = shown
    const sorted = [...names].sort(new Intl.Collator('en', { numeric: true }).compare)
    const changed = sorted.length !== this.#names.length || sorted.some((name, place) => name !== this.#names[place])
    this.#names = sorted
    if (changed) this.emit('changed')
    return sorted
  }

  #warn (directory: string, code = 'EUNKNOWN', words: string): void {
    if (this.#warned.get(directory) === code) return
    this.#warned.set(directory, code)
    this.#options.warn({ directory, code }, words)
  }
}
