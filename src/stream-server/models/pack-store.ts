import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import type { Log } from '../log.ts'
import { noteNeighbours, packName, sourcesOf } from './fingerprint.ts'
import { Pack } from './pack.ts'
import { draftName, evict, sweep } from './pack-shelf.ts'
import { runPreparation } from './preparation.ts'
import { PreparationLock, refusalOf, standingOf } from './preparation-lock.ts'

export type OpenedPack =
  | { status: 'opened', pack: Pack }
  | { status: 'unreadable', message: string }
  | { status: 'aborted' }

export type Progress = (percent: number, step: string) => void

export interface PackStoreSettings {
  /** Packs lie in `<workspace>/packs`. */
  workspace: string
  /** Path of the bundled `prepare.mjs`. */
  preparationProgram: string
  preparationTimeoutMs: number
  /** What a preparation may have. */
  preparationMemoryMiB: number
  /** Bytes of all packs together, above which those opened longest ago go. */
  mostBytes: number
  clock: Clock
  log: Log
}

/** How often a session looks how far the preparation is that another one runs. */
const lookMs = 200

/** Prepared models, kept by content: a model is prepared once, whoever asks and whatever its name. Several processes share one store. */
export class PackStore {
  #settings: PackStoreSettings
  #packs: string
  #notes: string
  #end = new AbortController()
  #pending = new Set<Promise<unknown>>()

  constructor (settings: PackStoreSettings) {
    this.#settings = settings
    this.#packs = join(settings.workspace, 'packs')
    this.#notes = join(settings.workspace, 'names')
  }

  /** Opens the pack of a model file, and makes it before when there is none. Rejects when the store cannot be written. */
  async open (file: string, progress: Progress, signal: AbortSignal): Promise<OpenedPack> {
    const opening = this.#open(file, progress, AbortSignal.any([signal, this.#end.signal]))
    this.#pending.add(opening)
    return await opening.finally(() => this.#pending.delete(opening))
  }

  /** Takes away what killed processes left, and what is more than all may have. Never rejects. */
  async tidy (): Promise<void> {
    const { clock, log, mostBytes } = this.#settings
    await sweep(this.#packs, this.#notes, clock.now()).then(() => evict(this.#packs, mostBytes))
      .catch((error: Error) => { log.info(`the workspace could not be cleaned up: ${error.message}`) })
  }

  /** Ends what is being prepared, and resolves when nothing of it is left. */
  async close (): Promise<void> {
    this.#end.abort()
    await Promise.allSettled(this.#pending)
  }

  async #open (file: string, progress: Progress, signal: AbortSignal): Promise<OpenedPack> {
    const { clock, preparationTimeoutMs } = this.#settings
    while (!signal.aborted) {
      let content: string
      try {
        const sources = await sourcesOf(file, this.#notes)
        content = sources.content
        const pack = await Pack.open(join(this.#packs, packName(sources)))
        if (pack) return { status: 'opened', pack }
      } catch (error) {
        return { status: 'unreadable', message: `The model file cannot be read: ${(error as Error).message}.` }
      }
      await mkdir(this.#packs, { recursive: true, mode: 0o700 })
      const place = join(this.#packs, `.${content}.lock`)
      const lock = await PreparationLock.take(place)
      if (lock) return await this.#prepare(file, lock, progress, signal)

      let run = ''
      for (let standing; (standing = await standingOf(place, clock.now(), 2 * preparationTimeoutMs)) !== null && !signal.aborted;) {
        run = standing.run || run
        progress(standing.percent, standing.step)
        await this.#pause(signal)
      }
      const refusal = await refusalOf(place, run)
      if (refusal !== null) return { status: 'unreadable', message: refusal }
    }
    return { status: 'aborted' }
  }

  async #prepare (file: string, lock: PreparationLock, progress: Progress, signal: AbortSignal): Promise<OpenedPack> {
    const { preparationProgram: program, preparationTimeoutMs: timeoutMs, preparationMemoryMiB: memoryMiB, clock, log } = this.#settings
    const draft = join(this.#packs, draftName())
    let refusal: string | undefined
    try {
      // Whoever had the lock until now may have made the pack.
      const made = await Pack.open(join(this.#packs, packName(await sourcesOf(file, this.#notes))))
      if (made) return { status: 'opened', pack: made }
      const told = (percent: number, step: string) => { lock.tell(percent, step); progress(percent, step) }
      const result = await runPreparation({ program, input: file, output: draft, clock, timeoutMs, memoryMiB, signal, progress: told })
      if (result.status === 'aborted') return result
      if (result.status === 'unreadable') {
        refusal = result.message
        log.info(`the model could not be prepared: ${result.message}${result.output === '' ? '' : `\n${result.output}`}`)
        return { status: 'unreadable', message: result.message }
      }
      for (const warning of result.warnings) log.info(`the model: ${warning}`)
      await noteNeighbours(result.sources, this.#notes)
      const pack = await this.#publish(draft, join(this.#packs, packName(result.sources)))
      if (pack === null) {
        refusal = 'The prepared model cannot be read back.'
        return { status: 'unreadable', message: refusal }
      }
      await lock.release()
      await this.tidy()
      return { status: 'opened', pack }
    } finally {
      await rm(draft, { recursive: true, force: true })
      await lock.release(refusal)
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

  async #pause (signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    let cancel = () => {}
    let resume = () => {}
    await new Promise<void>(resolve => {
      resume = resolve
      cancel = this.#settings.clock.after(lookMs, resolve)
      signal.addEventListener('abort', resume, { once: true })
    })
    cancel()
    signal.removeEventListener('abort', resume)
  }
}
