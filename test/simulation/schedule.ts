import { kinds } from './moves.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { World } from './world.ts'

/** One event of a schedule, so that it can be played again. `swift`: the next comes in the same tick. */
export interface Move { kind: string, target: number, way: string, swift: boolean }

/** Chooses what happens next; `undefined`: nothing more. */
export interface Schedule {
  /** Plays the next move and answers it, with words for people. */
  play (world: World): { move: Move, words: string } | undefined
}

const names = Object.keys(kinds)
const volumes = [0, 0.3, 1, 1, 3]

/** Draws one move after the other. Every schedule leaves some kinds out and has more of others, so that rare ones meet. */
export class SeededSchedule implements Schedule {
  readonly #random: SeededRandom
  readonly #bounds: number[] = []
  #left: number
  #total = 0

  constructor (random: SeededRandom, moves: number) {
    this.#random = random
    this.#left = moves
    for (const name of names) {
      const kind = kinds[name]
      const volume = random.pick(volumes)
      this.#total += (kind?.weight ?? 0) * (kind?.needed === true ? Math.max(volume, 0.3) : volume)
      this.#bounds.push(this.#total)
    }
  }

  play (world: World): { move: Move, words: string } | undefined {
    if (this.#left-- <= 0) return undefined
    for (let attempt = 0; attempt < 200; attempt++) {
      const at = this.#random.unit() * this.#total
      const name = names[this.#bounds.findIndex(bound => at < bound)] ?? 'time'
      const kind = kinds[name]
      const targets = kind?.targets(world) ?? 0
      if (kind === undefined || targets === 0) continue
      const way = this.#random.pick(kind.ways)
      const first = this.#random.below(targets)
      for (let step = 0; step < targets; step++) {
        const target = (first + step) % targets
        const words = kind.play(world, target, way)
        if (words !== undefined) return { move: { kind: name, target, way, swift: kind.swift === true && this.#random.chance(0.3) }, words }
      }
    }
    return undefined
  }
}

/** Plays moves that were written down; those that cannot happen any more are left out. */
export class WrittenSchedule implements Schedule {
  readonly #moves: Move[]

  constructor (moves: readonly Move[]) {
    this.#moves = [...moves]
  }

  play (world: World): { move: Move, words: string } | undefined {
    for (let move = this.#moves.shift(); move !== undefined; move = this.#moves.shift()) {
      const kind = kinds[move.kind]
      const words = kind !== undefined && move.target < kind.targets(world) ? kind.play(world, move.target, move.way) : undefined
      if (words !== undefined) return { move, words }
    }
    return undefined
  }
}
