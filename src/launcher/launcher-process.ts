import { EventEmitter } from 'node:events'
import type { Clock } from '../clock.ts'
import { CrashLoop } from '../crash-loop.ts'
import type { ChildExit, KeptChild, KeptLauncher, LauncherEvents, ProcessIdentity, StartOrder, StartResult } from '../spawning/launcher.ts'
import { openChannel } from './channel.ts'
import type { Channel, LauncherCommand } from './channel.ts'
import { openKeptChannel, reattach } from './kept-launcher.ts'
import type { Keeping } from './kept-launcher.ts'
import { Orphans } from './orphans.ts'
import { findByArguments } from './process-identity.ts'
import { MAX_LINE_BYTES, encode } from './protocol.ts'
import type { Answer } from './protocol.ts'
import { explain } from './start-failure.ts'

/** Milliseconds that new starts wait for a dead launcher's children; one that SIGKILL does not end holds up the others no longer. */
const ORPHANS_MILLISECONDS = 2000
/** Milliseconds that an orderly close may take before the launcher itself is killed. */
const CLOSE_MILLISECONDS = 4000

interface Start {
  readonly id: string
  /** Until it was answered: from then on nobody asks for it, and a crowd of sessions would keep megabytes of them. */
  order: StartOrder | null
  readonly result: Promise<StartResult>
  readonly settle: (result: StartResult) => void
  /** `null` until `started`. */
  child: ProcessIdentity | null
}

/**
 * The launcher as the service sees it. The process next door is started by `open()`, or else by the first order. When it dies, `lost` is
 * told, its children are ended and told by `exited`, starts on their way fail with `LAUNCHER_LOST`, and another process takes over;
 * starts ordered meanwhile wait for it. `exited` is always told after the `start` it belongs to was answered. One that is kept outlives
 * the service, and `open()` finds the one that a service before left behind.
 */
export class LauncherProcess extends EventEmitter<LauncherEvents> implements KeptLauncher {
  readonly #clock: Clock
  readonly #command: LauncherCommand
  readonly #keeping: Keeping | null
  readonly #orphans: Orphans
  readonly #crashLoop: CrashLoop
  /** Every start from its order to its failure or its child's exit, by id. */
  readonly #starts = new Map<string, Start>()
  #channel: Channel | null = null
  /** While a dead launcher is being replaced: orders wait here. */
  #recovery: Promise<void> | null = null
  #waiting: string[] = []
  #closing: Promise<void> | null = null
  #kept: readonly KeptChild[] = []
  /** Ends of kept children that wait for whoever looks after them; `null`: nothing was kept, or it is there. */
  #early: ChildExit[] | null = null
  #left = false

  /** @param command the launcher to run: `chooseLauncher`. @param keeping how it outlives the service; absent: it does not */
  constructor ({ clock, command, keeping = null }: { clock: Clock, command: LauncherCommand, keeping?: Keeping | null }) {
    super()
    this.#clock = clock
    this.#command = command
    this.#keeping = keeping
    this.#orphans = new Orphans(clock)
    this.#crashLoop = new CrashLoop(clock)
  }

  get kept (): readonly KeptChild[] { return this.#kept }

  /** Finds the launcher that was kept, or starts one, ahead of the first order. @throws Error when it ends before it is ready, or cannot be had. */
  async open (): Promise<void> {
    if (this.#recovery !== null) await this.#recovery
    if (this.#closing !== null) return
    if (this.#keeping !== null && this.#channel === null) {
      const found = await reattach(this.#keeping, this.#clock, answer => { this.#answered(answer) })
      if (found !== null) this.#take(found)
    }
    const channel = this.#channel ?? this.#launch()
    if (!await channel.ready) throw new Error(`The launcher process does not start: ${await channel.ended}.`)
  }

  start (order: StartOrder): Promise<StartResult> {
    const { id } = order
    if (this.#closing !== null) return failed('LAUNCHER_CLOSED', 'The launcher is closed.')
    if (this.#starts.has(id)) return failed('DUPLICATE_ID', `There is a child ${id} already.`)
    const line = encode({ type: 'start', order })
    if (Buffer.byteLength(line) > MAX_LINE_BYTES) return failed('E2BIG', 'The arguments and the environment together are too large. Shorten them.')

    let settle: Start['settle'] = () => {}
    const result = new Promise<StartResult>(resolve => { settle = resolve })
    this.#starts.set(id, { id, order, result, settle, child: null })
    this.#send(line)
    return result
  }

  signal (id: string, signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#starts.has(id)) this.#send(encode({ type: 'signal', id, signal }))
  }

  resume (): void {
    const early = this.#early ?? []
    this.#early = null
    for (const exit of early) this.#exited(exit)
  }

  leave (): Promise<void> {
    this.#left = true
    this.#closing ??= this.#part()
    return this.#closing
  }

  close (): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  #send (line: string): void {
    if (this.#recovery !== null) this.#waiting.push(line)
    else (this.#channel ?? this.#launch()).write(line)
  }

  #launch (): Channel {
    const answered = (answer: Answer) => { this.#answered(answer) }
    return this.#take(this.#keeping === null ? openChannel(this.#command, this.#clock, answered) : openKeptChannel(this.#command, this.#keeping, this.#clock, answered))
  }

  #take (channel: Channel): Channel {
    channel.ended.then(cause => { this.#ended(cause) })
    this.#channel = channel
    return channel
  }

  #answered (answer: Answer): void {
    if (this.#left || answer.type === 'ready' || answer.type === 'refused') return
    if (answer.type === 'welcome') {
      this.#welcomed(answer.children)
      return
    }
    const start = this.#starts.get(answer.id)
    if (start === undefined) return
    switch (answer.type) {
      case 'started':
        start.child = { pid: answer.pid, startTime: answer.startTime }
        start.order = null
        start.settle({ status: 'started', pid: answer.pid })
        return
      case 'failed':
        this.#starts.delete(answer.id)
        start.settle({ status: 'failed', code: answer.code, message: start.order === null ? answer.message : explain(start.order, answer.code, answer.message) })
        return
      case 'output': {
        const { type, ...output } = answer
        start.result.then(() => { this.emit('output', output) })
        return
      }
      case 'exited': {
        const { type, ...exit } = answer
        if (this.#early === null) this.#exited(exit)
        else this.#early.push(exit)
      }
    }
  }

  /** Children of a service before are as if they had been started by this one. */
  #welcomed (children: readonly KeptChild[]): void {
    this.#kept = children
    if (children.length > 0) this.#early = []
    for (const { id, pid, startTime } of children) {
      this.#starts.set(id, { id, order: null, result: Promise.resolve({ status: 'started', pid }), settle: () => {}, child: { pid, startTime } })
    }
  }

  #exited (exit: ChildExit): void {
    const start = this.#starts.get(exit.id)
    this.#starts.delete(exit.id)
    start?.result.then(() => {
      if (this.#left) return
      this.emit('exited', exit)
      if (this.#keeping !== null) this.#channel?.write(encode({ type: 'heard', id: exit.id }))
    })
  }

  #ended (cause: string): void {
    if (this.#left) return
    const left = [...this.#starts.values()]
    this.#channel = null
    this.#recovery = this.#recover(left, cause)
    if (this.#closing === null) this.emit('lost', { children: left.filter(start => start.child !== null).length, cause })
  }

  /** After the launcher's end: nothing of it stays, then another one is started, unless this was the orderly close. */
  async #recover (left: Start[], cause: string): Promise<void> {
    await this.#bury(left, cause)
    if (this.#closing !== null) return
    await this.#crashLoop.pause()
    if (this.#closing !== null) return

    this.#recovery = null
    const channel = this.#launch()
    for (const line of this.#waiting.splice(0)) channel.write(line)
    if (await channel.ready) this.emit('restarted')
  }

  /** Ends what a dead launcher left and settles what it was doing. Resolves when all is gone, or when waiting longer helps nobody. */
  #bury (left: Start[], cause: string): Promise<void> {
    const cut = left.filter(start => start.child === null)
    const strays = findByArguments(cut.flatMap(({ order }) => order !== null && isUnique(order) ? [order.args] : []))
    const unheard = Promise.all(strays.map(stray => this.#orphans.end(stray))).then(() => {
      for (const start of cut) this.#fail(start, cause)
    })
    const children = left.map(async start => {
      const { child, id } = start
      if (child === null) return
      await this.#orphans.end(child)
      if (this.#starts.get(id) !== start) return
      this.#starts.delete(id)
      this.emit('exited', { id, pid: child.pid, code: null, signal: 'SIGKILL', outputTail: '' })
    })
    return new Promise(resolve => {
      const cancel = this.#clock.after(ORPHANS_MILLISECONDS, resolve)
      Promise.all([unheard, ...children]).then(() => {
        cancel()
        resolve()
      })
    })
  }

  #fail (start: Start, cause: string): void {
    this.#starts.delete(start.id)
    start.settle(this.#closing === null
      ? { status: 'failed', code: 'LAUNCHER_LOST', message: `The launcher process died while it started this program (${cause}). Try again.` }
      : { status: 'failed', code: 'LAUNCHER_CLOSED', message: 'The launcher was closed before the program was started.' })
  }

  async #part (): Promise<void> {
    this.#crashLoop.close()
    await this.#recovery
    this.#channel?.leave()
    await this.#channel?.ended
    this.#orphans.close()
  }

  async #end (): Promise<void> {
    this.#crashLoop.close()
    if (this.#channel !== null) {
      const channel = this.#channel
      channel.write(encode({ type: 'close' }))
      const cancel = this.#clock.after(CLOSE_MILLISECONDS, () => { channel.kill() })
      await channel.ended
      cancel()
    }
    await this.#recovery
    this.#orphans.close()
    for (const start of this.#starts.values()) if (start.child === null) this.#fail(start, 'closed')
  }
}

/** Whether the arguments name the child, so that a process found by them can be no other. */
function isUnique ({ id, args }: StartOrder): boolean {
  return args.some(arg => arg.includes(id))
}

function failed (code: string, message: string): Promise<StartResult> {
  return Promise.resolve({ status: 'failed', code, message })
}
