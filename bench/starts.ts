import { HttpLine } from './http-line.ts'
import { median } from './statistics.ts'

/** How many starts, how many of them at a time, and how long at most. */
export interface Load { atATime: number, count: number, milliseconds: number }

/** What came of it: the middle answer in milliseconds, starts a second, the ids with the moment of the answer (ns of the monotonic clock). */
export interface Starts { p50: number, perSecond: number, answers: Array<{ id: string, at: bigint }> }

/** Asks a manager for viewers, always as many at a time as wanted. @throws Error when one is refused */
export async function startMany (port: number, { atATime, count, milliseconds }: Load): Promise<Starts> {
  const lines = await Promise.all(Array.from({ length: atATime }, () => HttpLine.open(port)))
  const times: number[] = []
  const answers: Starts['answers'] = []
  const began = performance.now()
  let asked = 0
  try {
    await Promise.all(lines.map(async line => {
      while (asked < count && (performance.now() - began < milliseconds || asked < atATime)) {
        asked++
        const started = performance.now()
        const { status, body } = await line.ask('POST', '/api/spawn')
        times.push(performance.now() - started)
        const at = process.hrtime.bigint()
        if (status !== 200) throw new Error(`a start was refused: ${status} ${body}`)
        answers.push({ id: (JSON.parse(body) as { serviceId: string }).serviceId, at })
      }
    }))
  } finally {
    for (const line of lines) line.close()
  }
  return { p50: median(times), perSecond: times.length / (performance.now() - began) * 1_000, answers }
}
