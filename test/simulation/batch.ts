import { run, type Run } from './run.ts'
import type { Parts } from './world.ts'

/** What came of many runs. */
export interface BatchResult {
  runs: number
  moves: number
  /** Numbers that tell schedules apart. */
  fingerprints: Float64Array
  failures: Array<Pick<Run, 'seed' | 'broken'>>
}

/** Runs between two looks at promises that were rejected and nobody heard. */
const stretch = 500

/**
 * Runs the seeds `first`, `first + step`, … one after the other. Nothing else may be going on in this thread.
 * @param enough failures after which more would tell nothing
 */
export async function batch (first: number, step: number, runs: number, { parts, enough = 5 }: { parts?: Parts, enough?: number } = {}): Promise<BatchResult> {
  const result: BatchResult = { runs: 0, moves: 0, fingerprints: new Float64Array(runs), failures: [] }
  const given = parts === undefined ? {} : { parts }
  const rejections: unknown[] = []
  const heard = (error: unknown) => { rejections.push(error) }
  process.on('unhandledRejection', heard)
  const stackTraceLimit = Error.stackTraceLimit
  // Every session that ends makes an AbortError: its stack is dearer than all the rest.
  Error.stackTraceLimit = 0
  try {
    while (result.runs < runs && result.failures.length < enough) {
      const until = Math.min(runs, result.runs + stretch)
      const from = result.runs
      for (; result.runs < until && result.failures.length < enough; result.runs++) {
        const { seed, broken, moves, fingerprint } = await run(first + result.runs * step, given)
        result.moves += moves.length
        result.fingerprints[result.runs] = fingerprint
        if (broken !== null) result.failures.push({ seed, broken })
      }
      await tick()
      if (rejections.length > 0) result.failures.push(...await whose(from, until, rejections.splice(0)[0]))
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    process.off('unhandledRejection', heard)
  }
  return result

  /** Which run of the stretch left a rejected promise: each once more, with a look after each. */
  async function whose (from: number, until: number, error: unknown): Promise<BatchResult['failures']> {
    for (let index = from; index < until; index++) {
      await run(first + index * step, given)
      await tick()
      if (rejections.length > 0) return [{ seed: first + index * step, broken: `a promise was rejected and nobody heard: ${String(rejections.splice(0)[0])}` }]
    }
    return [{ seed: first + from * step, broken: `a promise was rejected and nobody heard, in one of ${until - from} runs: ${String(error)}` }]
  }
}

/** Only when the thread gets to its event loop is it told of rejections. */
const tick = () => new Promise<void>(resolve => { setImmediate(resolve) })
