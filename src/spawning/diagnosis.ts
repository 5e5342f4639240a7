import type { PortCounts } from '../ports/port-pool.ts'
import type { Obstacle } from './capacity.ts'

/** How the spawner sees itself: all that decides whether something is started. */
export interface Diagnosis {
  draining: boolean
  /** Requests in line. */
  waiting: number
  alive: number
  /** Seats that are kept for somebody. */
  held: number
  maxSessions: number
  starting: number
  maxStarts: number
  obstacle: Obstacle | null
  readyAhead: number | null
  ports: PortCounts
  waitingForPort: number
  /** Milliseconds. */
  oldestReportAge: number
}
