import type { PortLease } from '../ports/port-pool.ts'
import type { Reason } from '../sessions/reasons.ts'
import type { Session } from '../sessions/session.ts'
import { lostItsPort } from './exit-cause.ts'
import type { ChildExit } from './launcher.ts'
import type { SessionRequest } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

/** Ports tried for one session before it is given up. */
const maxPortsTried = 5

/** What whoever looks after the session is told. */
export interface StreamServerEvents {
  /** It has a port and is about to be started: the first time, not with the next port. */
  starting: () => void
  /** There is no port for it, or none that is any good. */
  portless: (reason: Reason) => void
  /** It could not be started, or the launcher died on the way; the session has the reason. */
  refused: () => void
}

/** The stream server of one session: the port it is on, and whether its process is there. When it loses its port to somebody else it is started once more with the next. */
export class StreamServer {
  readonly #session: Session
  readonly #request: SessionRequest
  readonly #with: Surroundings
  readonly #told: StreamServerEvents
  #portsTried = 0
  #launched = Promise.resolve()
  #there = false
  /** While a port is looked for. */
  #search: AbortController | undefined

  constructor (session: Session, { modelSearchDirectories, sessionToken }: SessionRequest, surroundings: Surroundings, told: StreamServerEvents) {
    this.#session = session
    // Only this of it, since a crowd of sessions would keep megabytes of the rest.
    this.#request = { modelSearchDirectories, sessionToken }
    this.#with = surroundings
    this.#told = told
  }

  /** Whether the launcher has, or may have, a process for the session. */
  get there (): boolean { return this.#there }
  /** Which of its ports it is on, or is to be on, counted from 1. */
  get attempt (): number { return this.#portsTried }
  /** Resolves when what was ordered last has been answered. */
  get launched (): Promise<void> { return this.#launched }

  /** Takes a port and starts it. @param room when there will be a port; absent: now */
  start (room?: Promise<void>): void {
    this.#launched = this.#launch(room)
  }

  /** The session is ending: no port is waited for any more. */
  giveUp (): void {
    // With something to say, since an error would be made for nothing to say.
    this.#search?.abort('the session is ending')
  }

  /** Its process runs already, or its end is about to be told. */
  adopt (): void { this.#there = true }

  /** Its process has ended. Answers whether it is started again, since it only lost its port. */
  exited (exit: ChildExit): boolean {
    const session = this.#session
    session.exit = { code: exit.code, signal: exit.signal, outputTail: exit.outputTail }
    this.#there = false
    if (session.state !== 'starting' || !lostItsPort(exit)) return false
    session.lease?.block('the stream server found it in use')
    session.lease = undefined
    if (this.#portsTried === maxPortsTried) {
      session.because('port_conflict')
      return false
    }
    session.exit = null
    session.pid = null
    this.start()
    return true
  }

  async #launch (room?: Promise<void>): Promise<void> {
    if (room !== undefined) await room
    const session = this.#session
    const { clock, ports, gpus, launcher, order, phase, launched } = this.#with
    const lease = await this.#port()
    if (session.reason !== null) {
      lease?.release()
      return
    }
    if (lease === undefined) {
      this.#told.portless(ports.counts().blocked > 0 ? 'port_conflict' : 'queue_timeout')
      return
    }
    session.lease = lease
    if (session.order.renderer === 'ssr') session.gpu ??= gpus.take()
    this.#portsTried++
    this.#there = true
    if (session.state === 'queued') {
      phase('queue', clock.now() - session.createdAt)
      this.#told.starting()
    }
    const ordered = clock.now()
    const started = await launcher.start(order(session, lease.port, this.#request))
    if (started.status === 'started') {
      phase('launch', clock.now() - ordered)
      session.pid = started.pid
      launched(session)
      return
    }
    this.#there = false
    session.exit = { code: null, signal: null, outputTail: started.message }
    session.because(started.code === 'LAUNCHER_LOST' ? 'owner_lost' : 'refused')
    this.#told.refused()
  }

  /** A port; where no other is any good, that of a session which was started ahead and now has to go. */
  async #port (): Promise<PortLease | undefined> {
    const session = this.#session
    while (session.reason === null) {
      this.#search = new AbortController()
      const lease = await this.#with.ports.take(this.#search.signal)
      this.#search = undefined
      const vacated = lease !== undefined || session.reason !== null || session.order.via === null ? undefined : this.#with.makeRoom()
      if (vacated === undefined) return lease
      await vacated
    }
    return undefined
  }
}
