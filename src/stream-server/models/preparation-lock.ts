import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { isDead, self } from './owner.ts'

/** How far the preparation is that somebody else runs. */
export interface Standing {
  owner: string
  /** Tells one preparation from the next. */
  run: string
  percent: number
  step: string
  /** Why it ended without a pack. */
  refusal?: string
}

/** A lock file without a word in it is one that is just being written, or was abandoned. */
const mutedMs = 10_000

/**
 * Who prepares a model, told to all sessions by a file: it is made by whoever is first, says how far the preparation is, and goes with it.
 * The lock of a process that is no more is taken away by whoever finds it.
 */
export class PreparationLock {
  #file: string
  #standing: Standing
  #writing: Promise<unknown> = Promise.resolve()
  #released: Promise<void> | null = null

  private constructor (file: string, standing: Standing) {
    this.#file = file
    this.#standing = standing
  }

  /** The lock, or `null` when somebody has it. Rejects when the folder cannot be written. */
  static async take (file: string): Promise<PreparationLock | null> {
    const standing: Standing = { owner: self, run: randomUUID(), percent: 0, step: 'Reading the model' }
    try {
      await writeFile(file, JSON.stringify(standing), { flag: 'wx', mode: 0o600 })
      return new PreparationLock(file, standing)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null
      throw error
    }
  }

  /** Tells the others. Steps that come while one is being written are told together. */
  tell (percent: number, step: string): void {
    if (percent === this.#standing.percent && step === this.#standing.step) return
    this.#standing = { ...this.#standing, percent, step }
    this.#write(this.#file, this.#standing)
  }

  /** Gives the lock back, once; `refusal` is told to whoever waited for this preparation. */
  release (refusal?: string): Promise<void> {
    this.#released ??= this.#release(refusal)
    return this.#released
  }

  async #release (refusal?: string): Promise<void> {
    if (refusal !== undefined) this.#write(refusalFile(this.#file), { ...this.#standing, refusal })
    await this.#writing
    await rm(this.#file, { force: true })
  }

  #write (file: string, standing: Standing): void {
    const draft = `${file}.${self}-${randomUUID().slice(0, 8)}`
    this.#writing = this.#writing.then(() => writeFile(draft, JSON.stringify(standing), { mode: 0o600 })).then(() => rename(draft, file)).catch(() => rm(draft, { force: true }))
  }
}

/** What stands in a lock; `null` when there is none. The lock of the dead, or one untouched for `oldest` milliseconds, is taken away. */
export async function standingOf (file: string, now: number, oldest: number): Promise<Standing | null> {
  const standing = await read(file)
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: null }))
  if (mtimeMs === null) return null
  const age = now - mtimeMs
  const abandoned = standing === null ? age > mutedMs : isDead(standing.owner) || age > oldest
  if (!abandoned) return standing ?? { owner: '', run: '', percent: 0, step: 'Reading the model' }
  // Two may find it at once, and the slower one must not take the lock that the faster one has made since.
  const aside = `${file}.${self}-${randomUUID().slice(0, 8)}`
  await rename(file, aside).catch(() => {})
  const taken = await read(aside)
  if (taken !== null && taken.run !== standing?.run) await link(aside, file).catch(() => {})
  await rm(aside, { force: true })
  return null
}

/** The words with which the preparation `run` ended, when it ended without a pack. */
export async function refusalOf (file: string, run: string): Promise<string | null> {
  const told = await read(refusalFile(file))
  return told?.run === run ? told.refusal ?? null : null
}

const refusalFile = (file: string) => `${file}.refused`

async function read (file: string): Promise<Standing | null> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as Partial<Standing> | null
    if (typeof value?.owner !== 'string' || typeof value.run !== 'string' || typeof value.percent !== 'number' || typeof value.step !== 'string') return null
    return value as Standing
  } catch {
    return null
  }
}
