// npm run fuzz [-- --seed S] [--from I] [--runs N] [--only I]: altered inputs for every importer and both sides of the protocol. Each must be read soundly or refused in words, and
// soon: one that hangs is ended with its thread, as a preparation is ended by its time limit, and counted. What is wrong is told with what replays it.
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { kinds, workFolder, type Kind } from './inputs.ts'
import { chance } from './mutation.ts'

interface Order { seed: number, from: number, to: number, folder: string }
type Said = { begun: number, kind: string } | { done: number, kind: string, end: 'read' | 'refused', pastFirst: boolean, problem: string | null }

/** Milliseconds that one input may take; they are small. */
const longest = 20_000

/** Which kind comes `i`-th, and its numbers. */
function drawn (all: Kind[], seed: number, i: number): { kind: Kind, pick: (below: number) => number } {
  const pick = chance(Math.imul(seed, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca6b))
  for (let warm = 0; warm < 4; warm++) pick(2) // Neighbouring seeds begin alike.
  let at = pick(all.reduce((sum, { share }) => sum + share, 0))
  const kind = all.find(({ share }) => (at -= share) < 0) ?? all[0]
  if (kind === undefined) throw new Error('there is nothing to read')
  return { kind, pick }
}

if (isMainThread) {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, from: { type: 'string', default: '0' }, runs: { type: 'string', default: '5000' }, only: { type: 'string' } } })
  const [seed, runs] = [Number(values.seed), Number(values.runs)]
  const from = Number(values.only ?? values.from)
  await fuzz(seed, from, values.only === undefined ? from + runs : from + 1)
} else {
  const { seed, from, to, folder } = workerData as Order
  const all = await kinds(folder)
  for (let i = from; i < to; i++) {
    const { kind, pick } = drawn(all, seed, i)
    const say = (said: Said) => { parentPort?.postMessage(said) }
    say({ begun: i, kind: kind.name })
    const { end, pastFirst, problem } = await kind.read(pick)
    say({ done: i, kind: kind.name, end, pastFirst, problem })
  }
}

async function fuzz (seed: number, first: number, to: number): Promise<void> {
  const begun = performance.now()
  const counts = new Map<string, { read: number, refused: number, hung: number, pastFirst: number }>()
  const count = (kind: string, how: 'read' | 'refused' | 'hung', pastFirst: boolean) => {
    const known = counts.get(kind) ?? { read: 0, refused: 0, hung: 0, pastFirst: 0 }
    known[how]++
    if (pastFirst) known.pastFirst++
    counts.set(kind, known)
  }
  let broken = 0
  const { folder, remove } = workFolder()
  for (let next = first; next < to;) {
    next = await thread({ seed, from: next, to, folder }, said => {
      count(said.kind, said.end, said.pastFirst)
      if ((said.done + 1 - first) % 5000 === 0) console.log(`${said.done + 1 - first} of ${to - first} so far`)
      if (said.problem === null) return
      broken++
      console.log(`BROKEN: ${said.kind}: ${said.problem}\n  npm run fuzz -- --seed ${seed} --only ${said.done}`)
    }, (i, kind) => {
      count(kind, 'hung', true)
      console.log(`ended after ${longest / 1000} s: ${kind}: npm run fuzz -- --seed ${seed} --only ${i}`)
    })
  }
  remove()
  for (const [kind, { read, refused, hung, pastFirst }] of [...counts].sort()) console.log(`${kind.padEnd(22)} ${read + refused + hung} inputs, ${pastFirst} past the first look: ${read} read, ${refused} refused, ${hung} ended`)
  const past = [...counts.values()].reduce((sum, { pastFirst }) => sum + pastFirst, 0)
  console.log(`${to - first} inputs, ${past} of them past the first look, seed ${seed}, in ${((performance.now() - begun) / 1000).toFixed(0)} s, Node ${process.version}: ${broken === 0 ? 'none did harm' : `${broken} BROKEN`}`)
  if (broken > 0) process.exitCode = 1
}

/** Runs inputs in a thread until they are through or one of them hangs; answers which is next. */
async function thread (order: Order, done: (said: Extract<Said, { done: number }>) => void, hung: (i: number, kind: string) => void): Promise<number> {
  return await new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: order, resourceLimits: { maxOldGenerationSizeMb: 1024 } })
    // Until the first input begins, it is the thread that begins.
    let current = { i: order.from, kind: '', since: Infinity }
    let next = order.from
    const end = (answer: number) => {
      clearInterval(watch)
      void worker.terminate().then(() => { resolve(answer) })
    }
    const watch = setInterval(() => {
      if (next > current.i || performance.now() - current.since < longest) return
      hung(current.i, current.kind)
      end(current.i + 1)
    }, 500)
    worker.on('message', (said: Said) => {
      if ('begun' in said) current = { i: said.begun, kind: said.kind, since: performance.now() }
      else {
        next = said.done + 1
        done(said)
        if (next === order.to) end(next)
      }
    })
    worker.on('error', error => {
      clearInterval(watch)
      if (next > current.i || current.kind === '') return reject(error)
      done({ done: current.i, kind: current.kind, end: 'refused', pastFirst: true, problem: `it took the thread along: ${(error as Error).stack ?? String(error)}` })
      resolve(current.i + 1)
    })
  })
}
