import { StayLengths } from '../src/sessions/stay-lengths.ts'
import { SeededRandom } from '../test/simulation/seeded-random.ts'
import { cell, table, type Scale, type Section } from './part.ts'
import { median, quantile } from './statistics.ts'

/** How long sessions last, in seconds. */
const habits: Record<string, (random: SeededRandom) => number> = {
  'all alike, 10 min': () => 600,
  'none longer for having lasted (exponential, mean 10 min)': random => -600 * Math.log(1 - random.unit()),
  'most short, some very long (log-normal, median 5 min)': random => 300 * Math.exp(1.2 * Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit())),
  'a glance of 1 min or a working session of 40 min': random => random.chance(0.6) ? 60 : 2_400
}
const seats = 32
const room = 64

interface Wait { told: number, naive: number, real: number }

/** The estimate of the waiting time against the time that callers really waited, under simulated arrivals. */
export async function waiting ({ quick, rounds, tell }: Scale): Promise<Section> {
  const rows: string[][] = []
  for (const [name, length] of Object.entries(habits)) {
    tell(name)
    const results = Array.from({ length: rounds }, (_, round) => simulate(new SeededRandom(round + 1), length, quick ? 2_000 : 10_000))
    const off = (pick: (wait: Wait) => number, share: number) => results.map(waits => quantile(waits.map(wait => Math.abs(pick(wait) - wait.real) / wait.real * 100), share))
    rows.push([
      name,
      cell(results.map(waits => median(waits.map(({ real }) => real))), 0),
      cell(results.map(waits => median(waits.map(({ told, real }) => told / real))), 2),
      cell(off(({ told }) => told, 0.5), 0), cell(off(({ told }) => told, 0.9), 0),
      cell(off(({ naive }) => naive, 0.5), 0), cell(off(({ naive }) => naive, 0.9), 0)
    ])
  }
  return {
    markdown: [
      `Simulated: ${seats} seats, a line for ${room}, 15 % more callers than there is room for, who come at random and never give up. What a caller was told when it took its place, against the seconds it`,
      'really waited; beside it the simple estimate, place × mean length ÷ seats. Only waits of more than 10 s; no time is measured.',
      '',
      ...table(['how long sessions last', 'wait, s', 'told ÷ real', 'off by, %', 'off by, % (p90)', 'simple: off by, %', 'simple (p90)'], rows)
    ],
    targets: [],
    repeated: `${rounds} seeded ${rounds === 1 ? 'simulation' : 'simulations'} of each habit`
  }
}

function simulate (random: SeededRandom, length: (random: SeededRandom) => number, callers: number): Wait[] {
  const stays = new StayLengths()
  const sessions: Array<{ from: number, until: number }> = []
  const line: Array<{ came: number, told: number | undefined, naive: number }> = []
  const waits: Wait[] = []
  const mean = Array.from({ length: 2_000 }, () => length(random)).reduce((sum, value) => sum + value, 0) / 2_000
  let ended = 0
  let total = 0
  const seat = (now: number) => { sessions.push({ from: now, until: now + Math.max(1, length(random)) }) }
  const endUntil = (now: number) => {
    for (;;) {
      const next = sessions.reduce<{ from: number, until: number } | undefined>((first, session) => first === undefined || session.until < first.until ? session : first, undefined)
      if (next === undefined || next.until > now) return
      sessions.splice(sessions.indexOf(next), 1)
      stays.ended((next.until - next.from) * 1_000)
      ended++
      total += next.until - next.from
      const first = line.shift()
      if (first === undefined) continue
      seat(next.until)
      const real = next.until - first.came
      if (real > 10 && first.told !== undefined) waits.push({ told: first.told, naive: first.naive, real })
    }
  }
  let now = 0
  for (let caller = 0; caller < callers; caller++) {
    now += -Math.log(1 - random.unit()) * mean / seats / 1.15
    endUntil(now)
    if (sessions.length < seats) {
      seat(now)
    } else if (line.length < room) {
      const told = stays.until(line.length + 1, sessions.map(({ from }) => (now - from) * 1_000))
      line.push({ came: now, told: told === undefined ? undefined : told / 1_000, naive: (line.length + 1) * (total / Math.max(1, ended)) / seats })
    }
  }
  return waits
}
