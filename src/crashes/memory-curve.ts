import { readFile } from 'node:fs/promises'

/** A process's memory at one moment: milliseconds since the epoch, bytes. */
export interface MemoryPoint { at: number, bytes: number }

/** Most points of a curve. */
const mostPoints = 64

/** How the memory of one process went over its whole life, in few points: the longer it lives, the further apart they are. */
export class MemoryCurve {
  #points: MemoryPoint[] = []
  #apart = 1
  #skipped = 0
  #last: MemoryPoint | undefined
  #peak: MemoryPoint | undefined

  add (point: MemoryPoint): void {
    this.#last = point
    if (this.#peak === undefined || point.bytes > this.#peak.bytes) this.#peak = point
    if (++this.#skipped < this.#apart) return
    this.#skipped = 0
    this.#points.push(point)
    if (this.#points.length < mostPoints) return
    this.#points = this.#points.filter((_, index) => index % 2 === 0)
    this.#apart *= 2
  }

  /** In the order of time; the largest and the last one seen are always among them. */
  points (): MemoryPoint[] {
    const all = new Set([...this.#points, ...[this.#peak, this.#last].filter(point => point !== undefined)])
    return [...all].sort((a, b) => a.at - b.at)
  }
}

/** Bytes of memory that a process has in RAM; `undefined` where the system does not tell, or it is gone. */
export async function residentBytes (pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024
}
