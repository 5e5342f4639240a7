import type { Actor } from '../sessions/actors.ts'
import type { Session } from '../sessions/session.ts'
import type { State } from '../sessions/transitions.ts'
import type { Report } from '../status/report.ts'
import type { Surroundings } from './surroundings.ts'

/** Milliseconds for which what the system said of viewers is good enough: it is asked again with the next report. */
const lately = 1_000

/** What whoever looks after the session is told. */
export interface AttendanceEvents {
  /** The session is in another state, by who came or left. */
  moved: (state: State, by: Actor) => void
  /** Somebody is on a session that was given to nobody. */
  intruder: () => void
}

/** Who is on a session, as its stream server, a tunnel or the system tells, and when somebody there did something last. */
export class Attendance {
  readonly #session: Session
  readonly #with: Surroundings
  readonly #told: AttendanceEvents

  constructor (session: Session, surroundings: Surroundings, told: AttendanceEvents) {
    this.#session = session
    this.#with = surroundings
    this.#told = told
  }

  /** Whether the session ends when its viewer says nothing: somebody has to see then that it does. */
  get watchesInput (): boolean { return this.#session.limit('idleTimeout', this.#with.limits) > 0 }

  /** What a report says of viewers; of a stream server that does not tell, the system is asked. */
  report ({ kind, viewers, idle }: Report): void {
    const session = this.#session
    if (viewers === null) {
      if (session.state === 'adopted') void this.look(0).then(() => { if (session.state === 'adopted') this.#told.moved('ready', 'stream_server') })
      // Not at its first word, before which nobody can have come: starts that follow each other closely would read long tables for nothing.
      if (kind === 'ping' && (session.state === 'ready' || session.state === 'spare')) void this.look(lately)
      return
    }
    this.count(viewers)
    if (viewers > 0 && idle !== null) {
      session.tellsInput = true
      this.#inputAt(this.#with.clock.now() - idle)
    }
  }

  /** There are so many viewers. */
  count (viewers: number): void {
    const session = this.#session
    if (session.state === 'adopted') {
      if (viewers > 0) this.#told.moved('connected', 'viewer')
      else this.#told.moved('ready', 'stream_server')
    } else if (session.state === 'ready' && viewers > 0) {
      const first = session.entered.connected === undefined
      this.#told.moved('connected', 'viewer')
      if (first) this.#with.phase('connect', this.#with.clock.now() - (session.entered.ready ?? session.createdAt))
    } else if (session.state === 'connected' && viewers === 0) {
      this.#told.moved('ready', 'viewer')
    } else if (session.state === 'spare' && viewers > 0) {
      this.#told.intruder()
    }
  }

  /** The viewer came or said something, as is seen in its tunnel. Where the stream server tells of it, that counts: it knows what was said. */
  input (): void {
    if (this.#session.state === 'connected' && !this.#session.tellsInput) this.#inputAt(this.#with.clock.now())
  }

  /** Whether nobody has come since the session was ready this time, as the system tells. */
  async deserted (): Promise<boolean> {
    const session = this.#session
    const since = session.entered.ready
    // While the system was asked, the viewer may have come another way, and may even have left again: then its time begins anew.
    return !await this.look(0) && session.state === 'ready' && session.entered.ready === since
  }

  /**
   * For stream servers that do not tell: asks the system whether a viewer has come. Where nobody can say, a stream server that is
   * still here after its time to wait has one, since it leaves by itself when unused.
   *
   * @param age how old the answer may be, in milliseconds
   */
  async look (age: number): Promise<boolean> {
    const session = this.#session
    const presence = session.lease === undefined ? 'absent' : await this.#with.presence(session.lease.port, age)
    const waited = session.state === 'ready' && this.#with.clock.now() - (session.entered.ready ?? session.createdAt) >= session.limit('firstConnectTimeout', this.#with.limits)
    const here = presence === 'present' || (presence === 'unknown' && waited)
    if (here) this.count(1)
    return here
  }

  /** Left by itself after nobody came: it counts from its own start, so a little early by our clock. */
  get leftUnused (): boolean {
    const session = this.#session
    const limit = session.limit('firstConnectTimeout', this.#with.limits)
    // Of one that was taken over it is not known when it started, but it was ready soon after.
    const { spare, starting, ready } = session.entered
    if (ready === undefined) return false
    const lived = this.#with.clock.now() - (spare === undefined ? starting ?? ready : ready)
    return session.order.via !== null && session.entered.connected === undefined && limit > 0 && lived >= limit * 0.95
  }

  #inputAt (time: number): void {
    const first = this.#session.lastInputAt === null
    this.#session.lastInputAt = time
    if (first) this.#with.watchdog.watch(this.#session)
  }
}
