// npm run simulate [-- --seed S] [--runs N] [--threads T] [--trace] [--broken]: the domain on a virtual clock, one seeded schedule per run.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { batch, type BatchResult } from './batch.ts'
import { breakages } from './broken-parts.ts'
import { run } from './run.ts'
import { shrink } from './shrink.ts'

interface Share { first: number, step: number, runs: number }

if (!isMainThread) {
  const { first, step, runs } = workerData as Share
  parentPort?.postMessage(await batch(first, step, runs))
} else {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '5000' },
      threads: { type: 'string', default: String(Math.min(8, availableParallelism())) },
      trace: { type: 'boolean', default: false },
      broken: { type: 'boolean', default: false }
    }
  })
  const seed = whole('seed', values.seed)
  const runs = whole('runs', values.runs)
  if (values.trace) await show(seed)
  else if (values.broken) await breakRules(seed, runs)
  else await simulate(seed, runs, Math.max(1, whole('threads', values.threads)))
}

function whole (name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  console.error(`--${name}: expected a whole number, got ${text}`)
  process.exit(2)
}

async function simulate (seed: number, runs: number, threads: number): Promise<void> {
  const begun = performance.now()
  const worked = process.cpuUsage()
  // Few runs are over before a thread has begun.
  const shares = runs < 10_000 ? 1 : threads
  const results = await Promise.all(Array.from({ length: shares }, async (_, share): Promise<BatchResult> => {
    const part: Share = { first: seed + share, step: shares, runs: Math.floor((runs - share + shares - 1) / shares) }
    return shares === 1 ? await batch(part.first, part.step, part.runs) : await inThread(part)
  }))
  const seconds = (performance.now() - begun) / 1_000
  const { user, system } = process.cpuUsage(worked)
  const done = results.reduce((sum, result) => sum + result.runs, 0)
  const moves = results.reduce((sum, result) => sum + result.moves, 0)
  const different = new Set(results.flatMap(({ fingerprints, runs }) => [...fingerprints.subarray(0, runs)])).size
  const failures = results.flatMap(result => result.failures).sort((a, b) => a.seed - b.seed)
  console.log(`${done} schedules, ${different} of them different, ${moves} events in ${seconds.toFixed(1)} s (${shares === 1 ? 'one thread' : `${shares} threads`}, ${((user + system) / 1e6).toFixed(0)} s of processor time): ${failures.length === 0 ? 'every invariant held' : 'BROKEN'}`)
  for (const { seed, broken } of failures) console.log(`  ${broken}\n    npm run simulate -- --seed ${seed} --trace`)
  if (failures.length > 0) process.exitCode = 1
}

function inThread (share: Share): Promise<BatchResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

/** One run, told event by event; a failing one is made as short as it can be first. */
async function show (seed: number): Promise<void> {
  const first = await run(seed)
  const shortest = first.broken === null ? first : await shrink(first)
  const { scenario, trace, broken, moves } = await run(seed, { moves: shortest.moves, trace: true })
  console.log(`seed ${seed}: ${JSON.stringify(scenario)}`)
  if (moves.length < first.moves.length) console.log(`${moves.length} of ${first.moves.length} events are enough`)
  console.log(trace.join('\n'))
  console.log(broken === null ? 'every invariant held' : `BROKEN: ${broken}`)
  if (broken !== null) process.exitCode = 1
}

/** Breaks one rule after the other and tells by what each is found; one that nobody misses is the failure here. */
async function breakRules (seed: number, runs: number): Promise<void> {
  for (const breakage of breakages) {
    const { rule, parts, mend } = breakage()
    const { failures: [first] } = await batch(seed, 1, runs, { parts, enough: 1 })
    if (first === undefined) {
      console.log(`not found in ${runs} schedules: ${rule}`)
      process.exitCode = 1
    } else {
      const found = await run(first.seed, { parts })
      const { moves, broken } = await shrink(found, parts)
      console.log(`found: ${rule} (schedule ${first.seed - seed + 1}, ${moves.length} of ${found.moves.length} events): ${broken ?? first.broken}`)
    }
    mend?.()
  }
}
