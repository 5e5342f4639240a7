import type { Clock } from '../clock.ts'
import type { PresenceCheck } from '../ports/port-presence.ts'
import type { HolderCheck } from '../ports/port-holder.ts'
import type { PortPool } from '../ports/port-pool.ts'
import type { GpuPool } from '../sessions/gpu-pool.ts'
import type { Actor } from '../sessions/actors.ts'
import type { Session } from '../sessions/session.ts'
import type { Limits, State } from '../sessions/transitions.ts'
import type { Watchdog } from '../sessions/watchdog.ts'
import type { Launcher, StartOrder } from './launcher.ts'
import type { SessionRequest } from './outcome.ts'

/** The parts of a start that are timed: to the port, to the running process, to ready, to the viewer. */
export type Phase = 'queue' | 'launch' | 'ready' | 'connect'

/** What every supervisor works with. */
export interface Surroundings {
  launcher: Launcher
  ports: PortPool
  gpus: GpuPool
  clock: Clock
  presence: PresenceCheck
  holder: HolderCheck
  /** Milliseconds of silence after which a session that was started ahead is not handed out. */
  staleAfter: number
  limits: Limits
  watchdog: Watchdog
  /** Name of the stream server, for people. */
  programName: string
  /** Writes the launcher's order for a session on a port. */
  order: (session: Session, port: number, request: SessionRequest) => StartOrder
  /** A session that was started ahead is no good, in words. */
  unfit: (session: Session, why: string) => void
  /** Ends a session that was started ahead; resolves when it has let go of its port. `undefined`: there is none. */
  makeRoom: () => Promise<void> | undefined
  /** The viewer named its model. */
  named: (session: Session) => void
  /** Its process runs, and its pid is known. */
  launched: (session: Session) => void
  moved: (session: Session, from: State | null, by: Actor) => void
  /** Milliseconds a phase took. */
  phase: (phase: Phase, milliseconds: number) => void
}
