import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { fingerprint } from './fingerprint.ts'
import { Pack } from './pack.ts'
import { runPreparation } from './preparation.ts'

export type OpenedPack =
  | { status: 'opened', pack: Pack }
  | { status: 'unreadable', message: string }
  | { status: 'aborted' }

export interface PackStoreSettings {
  /** Packs lie in `<workspace>/packs`. */
  workspace: string
  /** Path of the bundled `prepare.mjs`. */
  preparationProgram: string
  preparationTimeoutMs: number
  clock: Clock
}

/** Prepared models, kept by content: a model is prepared once, whoever asks and whatever its name. Several processes share one store. */
export class PackStore {
  #settings: PackStoreSettings

  constructor (settings: PackStoreSettings) {
    this.#settings = settings
  }

  /** Opens the pack of a model file, and makes it before when there is none. Rejects when the store cannot be written. */
  async open (file: string, progress: (percent: number, step: string) => void, signal: AbortSignal): Promise<OpenedPack> {
    const { workspace, preparationProgram: program, preparationTimeoutMs: timeoutMs, clock } = this.#settings
    let name: string
    try {
      name = await fingerprint(file, join(workspace, 'names'))
    } catch (error) {
      return { status: 'unreadable', message: `The model file cannot be read: ${(error as Error).message}.` }
    }
    const packs = join(workspace, 'packs')
    const folder = join(packs, name)
    const ready = await Pack.open(folder)
    if (ready) return { status: 'opened', pack: ready }

    await mkdir(packs, { recursive: true, mode: 0o700 })
    await this.#sweep(packs)
    const draft = join(packs, `.${name}-${randomUUID()}`)
    try {
      const result = await runPreparation({ program, input: file, output: draft, clock, timeoutMs, signal, progress })
      if (result.status !== 'prepared') return result
      const made = await this.#publish(draft, folder)
      return made ? { status: 'opened', pack: made } : { status: 'unreadable', message: 'The prepared model cannot be read back.' }
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  }

  /** Takes away the drafts of processes that were killed before they could. */
  async #sweep (packs: string): Promise<void> {
    const { clock, preparationTimeoutMs } = this.#settings
    for (const name of await readdir(packs)) {
      if (!name.startsWith('.')) continue
      const draft = join(packs, name)
      const { mtimeMs } = await stat(draft).catch(() => ({ mtimeMs: Infinity }))
      if (clock.now() - mtimeMs > 2 * preparationTimeoutMs) await rm(draft, { recursive: true, force: true })
    }
  }

  /** Gives a finished draft its name. When another process was first, its pack is as good; a broken one has to go. */
  async #publish (draft: string, folder: string): Promise<Pack | null> {
    for (let attempt = 0; attempt < 2; attempt++) {
      await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error
      })
      const pack = await Pack.open(folder)
      if (pack) return pack
      await rm(folder, { recursive: true, force: true })
    }
    return null
  }
}
