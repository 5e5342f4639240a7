import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A program of a measurement, alive until it is stopped. */
export interface Running {
  pid: number
  /** What it said when it was ready: the groups of the expression. */
  said: string[]
  /** Ends it, by force after 15 s. Stopping twice is nothing. */
  stop (): Promise<void>
}

export interface Start {
  command: string
  args: readonly string[]
  env?: Record<string, string>
  /** The line of stdout or stderr that says it is ready. */
  ready: RegExp
}

const alive = new Set<Running>()

/** Milliseconds until a program must be ready, and must have ended. */
const patience = 15_000

/** Starts a program and waits until it is ready. It stands in a process group of its own, so that Ctrl-C reaches it through `stopAll` alone. @throws Error with its words when it ends before */
export async function start ({ command, args, env = {}, ready }: Start): Promise<Running> {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const running: Running = { pid: child.pid ?? NaN, said: [], stop: () => end(child, running) }
  alive.add(running)
  try {
    running.said = await firstMatch(child, ready)
    return running
  } catch (error) {
    await running.stop()
    throw new Error(`${command} ${args.join(' ')}: ${(error as Error).message}`)
  }
}

/** Ends every program that still runs. */
export async function stopAll (): Promise<void> {
  await Promise.all([...alive].map(running => running.stop()))
}

/** Runs a program to its end. @throws Error when it fails */
export async function outputOf (command: string, args: readonly string[], limit: number): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: limit })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => { text += more })
  const [code] = await once(child, 'close') as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? 'a signal'}`)
  return text
}

function firstMatch (child: ChildProcess, wanted: RegExp): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let words = ''
    const timer = setTimeout(() => { reject(new Error(`it does not say ${wanted}: ${words}`)) }, patience)
    const settle = (action: () => void) => {
      clearTimeout(timer)
      action()
    }
    child.once('error', error => { settle(() => { reject(error) }) })
    child.once('close', code => { settle(() => { reject(new Error(`it ended with ${code ?? 'a signal'}: ${words}`)) }) })
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue
      createInterface({ input: output }).on('line', line => {
        if (words.length < 4_000) words += `${line}\n`
        const match = wanted.exec(line)
        if (match !== null) settle(() => { resolve([...match].slice(1)) })
      })
    }
  })
}

async function end (child: ChildProcess, running: Running): Promise<void> {
  alive.delete(running)
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = once(child, 'exit')
  child.kill('SIGINT')
  const timer = setTimeout(() => { child.kill('SIGKILL') }, patience)
  await gone
  clearTimeout(timer)
}
