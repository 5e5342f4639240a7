import { closeSync, readFileSync, writeSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { startChild } from './child.ts'
import type { Child, Surroundings } from './child.ts'
import { KeptLine } from './kept-line.ts'
import type { Keep } from './kept-line.ts'
import { encode } from './protocol.ts'
import type { Order } from './protocol.ts'
import { pipeLine } from './service-line.ts'
import type { Hearer, ServiceLine } from './service-line.ts'

/**
 * The launcher process: a small program next door to the service, the only one that starts, signals and reaps children. Orders come
 * in on descriptor 3, answers go out on descriptor 4. It ends when it is told to or when the service is gone, never by a signal that
 * can be ignored, and it takes its children with it. What it cannot survive is SIGKILL: then the service ends the children. One that is
 * started with `--keep` waits for a service to return, and is set up by a line on descriptor 3.
 */
const GRACE_MILLISECONDS = 2000
/** After SIGKILL, for a child stuck in the kernel; the launcher then leaves without it. */
const LAST_WAIT_MILLISECONDS = 1500
/** For log files on a disk that hangs. */
const FLUSH_MILLISECONDS = 500

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

const children = new Map<string, Child>()
const unfinished = new Set<Promise<void>>()
const complained = new Set<string>()
let ending = false

const around: Surroundings = {
  clock: systemClock,
  tell (answer) {
    if (answer.type === 'failed' || answer.type === 'exited') children.delete(answer.id)
    line.tell(answer)
    if (ending && children.size === 0) leave()
  },
  logFailed (path, error) {
    const code = error.code ?? error.message
    if (complained.has(code)) return
    complained.add(code)
    process.stderr.write(`slipway launcher: a session's output cannot be written to ${path} (${code}); sessions go on without it\n`)
  }
}

process.stderr.on('error', () => {})
const hearer: Hearer = {
  obey,
  gone (problem) {
    if (problem !== undefined) process.stderr.write(`slipway launcher: cannot understand the service, ending: ${problem}\n`)
    end('SIGTERM')
  }
}
const line: ServiceLine = process.argv.includes('--keep') ? keptLine() : pipeLine(hearer)

/** The line of a launcher that is kept: it says `ready` on descriptor 4 as soon as a service can connect. */
function keptLine (): ServiceLine {
  const keep = JSON.parse(readFileSync(3, 'utf8')) as Keep
  const living = () => Array.from(children, ([id, { identity }]) => identity === null ? [] : [{ id, ...identity, ended: false }]).flat()
  return new KeptLine(keep, { ...hearer, clock: systemClock, children: living }, () => {
    writeSync(4, encode({ type: 'ready' }))
    closeSync(4)
  })
}

function obey (order: Order): void {
  switch (order.type) {
    case 'start': {
      if (ending) {
        line.tell({ type: 'failed', id: order.order.id, code: 'LAUNCHER_CLOSED', message: 'The launcher is closing.' })
        return
      }
      const child = startChild(order.order, around)
      if (child === null) return
      children.set(order.order.id, child)
      unfinished.add(child.finished)
      child.finished.then(() => unfinished.delete(child.finished))
      return
    }
    case 'signal':
      children.get(order.id)?.signal(order.signal)
      return
    case 'close':
      end('SIGKILL')
  }
}

/** Ends every child and then this process: kindly when the service vanished, at once when it said so. Asked twice, the harsher wins. */
function end (signal: 'SIGTERM' | 'SIGKILL'): void {
  const first = !ending
  ending = true
  if (first || signal === 'SIGKILL') for (const child of children.values()) child.signal(signal)
  if (!first) return
  if (children.size === 0) leave()
  else if (signal === 'SIGKILL') systemClock.after(LAST_WAIT_MILLISECONDS, leave)
  else {
    systemClock.after(GRACE_MILLISECONDS, () => {
      for (const child of children.values()) child.signal('SIGKILL')
      systemClock.after(LAST_WAIT_MILLISECONDS, leave)
    })
  }
}

let leaving = false
function leave (): void {
  if (leaving) return
  leaving = true
  const exit = () => { process.exit(0) }
  systemClock.after(FLUSH_MILLISECONDS, exit)
  Promise.all(unfinished).then(() => { line.end(exit) })
}
