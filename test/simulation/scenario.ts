import type { Renderer } from '../../src/sessions/session.ts'
import type { Limits } from '../../src/sessions/transitions.ts'
import type { AskedLimits } from '../../src/sessions/asked-limits.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { IsolationOptions } from '../../src/crashes/isolation.ts'
import type { Temper } from './simulated-launcher.ts'

/** Who asks for a viewer. */
export interface CallerPlan { caller: string, renderer: Renderer, via: 'rest' | 'proxy', model: string | null, viewerModel: string | null, limits: AskedLimits, reentry?: { shown: string | null } }

/** How a run comes to its end, before everything is closed: at once, by a drain, in a hurry, or with nobody there any more but time, and stream servers that still report or that have fallen silent. */
export type Ending = 'close' | 'drain' | 'hurry' | 'reports' | 'silence'

/** Everything about a run but the order of events. */
export interface Scenario {
  maxSessions: number
  /** Most starts at a time; 0: without limit. */
  maxStarts: number
  /** Most sessions of one caller; 0: without limit. */
  maxPerCaller: number
  /** Those who may wait for a seat, and for how many milliseconds. */
  line: { room: number, patience: number }
  /** Milliseconds for which a place is kept. */
  hold: number
  ports: number
  /** Milliseconds a port rests. */
  rest: number
  gpus: number
  ahead: Record<Renderer, number>
  callers: readonly CallerPlan[]
  limits: Limits
  /** When a model is isolated. */
  crashes: Omit<IsolationOptions, 'clock'>
  /** Whether the machine may become too busy. */
  watched: boolean
  /** Whether it is looked for requests that wait although something could be started. */
  wedgeWatch: boolean
  /** Models of which single files are asked for. */
  files: readonly string[]
  tempers: readonly Temper[]
  /** Sessions of a service that ran before. */
  left: number
  /** Moves before the end. */
  moves: number
  ending: Ending
}

/** Draws a small world: few callers, few ports, limits of a few seconds. */
export function drawScenario (random: SeededRandom): Scenario {
  const ports = random.between(1, 4)
  const some = (least: number, most: number) => random.between(least, most) * 1_000
  const ahead = random.chance(0.5) ? { csr: 0, ssr: 0 } : { csr: random.between(0, 2), ssr: random.between(0, 1) }
  // In some worlds most want a model, and mostly the same, and that one crash is enough to isolate.
  const sick = ahead.csr + ahead.ssr === 0 && random.chance(0.5)
  const orNone = (milliseconds: number) => random.chance(0.3) ? 0 : milliseconds
  const maxSessions = sick ? ports : random.between(1, ports)
  return {
    ports,
    rest: random.pick([500, 2_000, 2_000, 8_000]),
    maxSessions,
    maxPerCaller: sick ? 0 : random.pick([0, 0, 1, 2]),
    line: { room: random.pick([0, 1, 3]), patience: some(2, 30) },
    gpus: random.pick([0, 0, 2]),
    hold: random.pick([0, 8_000, 8_000]),
    ahead,
    callers: Array.from({ length: random.between(sick ? 4 : 1, 6) }, () => ({
      caller: random.pick(['one', 'another']),
      renderer: random.chance(0.8) ? 'csr' : 'ssr',
      via: random.chance(0.5) ? 'rest' : 'proxy',
      model: random.chance(sick ? 0.9 : 0.3) ? random.pick(['engine', 'engine', 'engine', 'engine', 'engine', 'pump']) : null,
      viewerModel: random.chance(0.2) ? 'engine' : null,
      ...random.chance(0.5) && { reentry: { shown: null } },
      limits: random.chance(0.85) ? {} : random.pick([{ startTimeout: some(1, 15) }, { firstConnectTimeout: some(1, 30) }, { pingTimeout: some(2, 20) }, { idleTimeout: some(1, 20), maxLifetime: some(5, 60) }])
    })),
    limits: {
      queueTimeout: some(3, 6),
      startTimeout: some(3, 10),
      aheadLifetime: some(5, 40),
      firstConnectTimeout: some(3, 20),
      pingTimeout: some(3, 12),
      idleTimeout: orNone(some(3, 20)),
      maxLifetime: orNone(some(10, 40)),
      killStep: some(1, 3)
    },
    crashes: { limit: sick ? 1 : random.pick([0, 1, 2]), window: some(5, 40), pause: sick ? 300 : random.pick([300, 1_000, 10_000]) },
    maxStarts: sick ? 0 : random.pick([0, 0, 1, 2]),
    watched: !sick && random.chance(0.4),
    wedgeWatch: random.chance(0.3),
    files: random.chance(0.3) ? ['plate', 'bolt', 'frame'].slice(0, random.between(1, 3)) : [],
    tempers: Array.from({ length: 5 }, () => random.pick<Temper>(['obeys', 'obeys', 'obeys', 'stubborn', 'stuck'])),
    left: sick ? 0 : Math.min(maxSessions, random.pick([0, 0, 0, 1, 2])),
    moves: random.between(sick ? 20 : 8, 32),
    ending: random.pick<Ending>(['close', 'drain', 'hurry', 'reports', 'silence'])
  }
}
