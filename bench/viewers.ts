import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Programs } from './programs.ts'
import type { Proxy } from './proxies.ts'
import { outputOf } from './running.ts'

type Way = Pick<Proxy, 'port' | 'path'>

/** Milliseconds a measurement may take. */
const patience = 120_000

const program = ({ native }: Programs) => native?.viewer ?? ''

/** Microseconds that a message of so many bytes takes there and back, p50. */
export async function echo (programs: Programs, { port, path }: Way, bytes: number, count: number): Promise<number> {
  return (JSON.parse(await outputOf(program(programs), [String(port), path, 'echo', String(bytes), String(count)], patience)) as { p50: number }).p50
}

/** Bytes a second from the stream server to the viewer. */
export async function stream (programs: Programs, { port, path }: Way, bytes: number, count: number): Promise<number> {
  const { seconds } = JSON.parse(await outputOf(program(programs), [String(port), path, 'stream', String(bytes), String(count)], patience)) as { seconds: number }
  return bytes * count / seconds
}

/** Viewers that hang on while `action` runs: one that asked for a stream and does not read, or many that say nothing. */
export async function whileHanging<Value> (programs: Programs, { port, path }: Way, viewers: { stalled: [bytes: number, count: number] } | { idle: number }, action: () => Promise<Value>): Promise<Value> {
  const args = 'idle' in viewers ? ['idle', String(viewers.idle)] : ['stalled', ...viewers.stalled.map(String)]
  const child = spawn(program(programs), [String(port), path, ...args], { stdio: ['pipe', 'pipe', 'inherit'], timeout: patience })
  const gone = once(child, 'close')
  try {
    const first = await Promise.race([once(child.stdout, 'data'), gone.then(() => undefined)])
    if (first === undefined) throw new Error('a viewer was turned away')
    return await action()
  } finally {
    child.stdin.end()
    await gone
  }
}
