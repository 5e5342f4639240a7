import { appendFile, readFile, rename, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { logStem } from './names.ts'

/** Who made a log file. */
export interface Maker {
  host: string
  pid: number
}

/** Milliseconds for which names are gathered before they are written down. */
const gathering = 250

/** Lines about files that are gone, from which on the list is written anew. */
const manyGone = 1_000

/**
 * Which log files of a folder were made by this service, in any of its runs: a list in the folder itself, `.slipway-logs`, to which each
 * process appends. Files that stand there under the same kind of name and not in the list are somebody else's.
 */
export class OwnFiles {
  readonly #path: string
  readonly #me: Maker = { host: hostname(), pid: process.pid }
  #noting: Promise<void> = Promise.resolve()
  readonly #clock: Clock
  /** Lines that wait to be appended: many files may be made within moments. */
  #waiting = ''
  #cancel: (() => void) | undefined

  /** @param dir absolute */
  constructor (dir: string, clock: Clock) {
    this.#path = join(dir, '.slipway-logs')
    this.#clock = clock
  }

  /** Says that this process makes a log file of this name, and those that go with it. Where it cannot be written down, the file stays for ever. */
  note (name: string): void {
    this.#waiting += line(logStem(name), this.#me)
    this.#cancel ??= this.#clock.after(gathering, () => { this.#write() })
  }

  /** Writes down what waits for it. */
  #write (): void {
    this.#cancel?.()
    this.#cancel = undefined
    const lines = this.#waiting
    this.#waiting = ''
    if (lines !== '') this.#noting = this.#noting.then(() => appendFile(this.#path, lines, { mode: 0o640 })).catch(() => {})
  }

  /** Makers by the stem of the file's name. Never rejects. */
  async makers (): Promise<Map<string, Maker>> {
    this.#write()
    await this.#noting
    const text = await readFile(this.#path, 'utf8').catch(() => '')
    return new Map(text.split('\n').flatMap(line => {
      const [stem, pid, host] = line.split(' ')
      return stem && pid && host ? [[stem, { host, pid: Number(pid) }] as const] : []
    }))
  }

  /** Drops what is not wanted any more from the list, once it is much. Never rejects. */
  async forget (makers: ReadonlyMap<string, Maker>, wanted: (stem: string, maker: Maker) => boolean): Promise<void> {
    const kept = [...makers].filter(([stem, maker]) => wanted(stem, maker))
    if (makers.size - kept.length < manyGone) return
    const fresh = `${this.#path}.${this.#me.pid}`
    const text = kept.map(([stem, maker]) => line(stem, maker)).join('')
    this.#noting = this.#noting.then(async () => {
      await writeFile(fresh, text, { mode: 0o640 })
      await rename(fresh, this.#path)
    }).catch(() => {})
    await this.#noting
  }

  /** Whether another process made the file and may still write it: it lives on this machine, or on another one and wrote within a day. */
  mayStillWrite ({ host, pid }: Maker, sinceWritten: number): boolean {
    if (host !== this.#me.host) return sinceWritten < 86_400_000
    return pid !== this.#me.pid && lives(pid)
  }
}

const line = (stem: string, { host, pid }: Maker) => `${stem} ${pid} ${host}\n`

function lives (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
