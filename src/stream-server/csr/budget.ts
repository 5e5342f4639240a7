import { HeldMemory } from '../held-memory.ts'
import type { BudgetMessage, PartInfo } from '../protocol.ts'
import { wishesFor } from './plan.ts'
import type { Chunk, Demands } from './plan.ts'

export type Budget = Pick<BudgetMessage, 'bytes' | 'triangles'>

/** What changes between what a viewer holds and what it shall hold. */
export interface Plan {
  /** Parts that the viewer gives up, before anything is sent. */
  drops: number[]
  /** In the order of sending. A level coarser than the one held takes its place. */
  chunks: Chunk[]
  /** The view asks for more than the budget has room for. */
  limited: boolean
}

/**
 * What is sent and given up so that a viewer that holds `held` never holds more than its budget. As long as there is room nothing is given up. Then
 * first go parts out of sight, those longest unseen first (`lastSeen` rises), and then levels finer than this view's share of the budget.
 * After the plan was carried out the same view plans nothing.
 */
export function planWithin (budget: Budget, parts: PartInfo[], demands: Demands, held: ArrayLike<number>, lastSeen: ArrayLike<number>): Plan {
  const wishes = wishesFor(parts, demands, held)
  const purse = new Purse(parts, demands)
  const finest = Array.from(held)
  for (const { part, level } of wishes) finest[part] = Math.max(finest[part]!, level)
  for (let part = 0; part < parts.length; part++) purse.change(part, -1, finest[part]!)
  if (purse.within(budget)) return { drops: [], chunks: wishes, limited: false }

  const { share, limited } = shareOf(budget, parts, demands)
  const kept = new Purse(parts, demands)
  for (const part of demands.parts) kept.change(part, -1, share[part]!)
  const inSight = demands.parts.filter(part => held[part]! > share[part]!).sort((a, b) => demands.areas[b]! - demands.areas[a]! || a - b)
  const unseen: number[] = []
  for (let part = 0; part < parts.length; part++) if (demands.counts[part] === 0 && held[part]! >= 0) unseen.push(part)
  unseen.sort((a, b) => lastSeen[b]! - lastSeen[a]! || a - b)
  const drops: number[] = []
  const chunks: Chunk[] = []
  for (const part of [...inSight, ...unseen]) {
    if (kept.tryChange(part, share[part]!, held[part]!, budget)) continue
    if (share[part]! < 0) drops.push(part)
    else chunks.push({ part, level: share[part]! })
  }
  return { drops, chunks: [...chunks, ...wishes.filter(({ part, level }) => level <= share[part]!)], limited }
}

/** The level of each part that a view would be given if nothing were held: what helps the picture most, as far as the budget goes. */
function shareOf (budget: Budget, parts: PartInfo[], demands: Demands): { share: Int8Array, limited: boolean } {
  const share = new Int8Array(parts.length).fill(-1)
  const purse = new Purse(parts, demands)
  const full = new Set<number>()
  for (const { part, level } of wishesFor(parts, demands, share)) {
    if (!full.has(part) && purse.tryChange(part, share[part]!, level, budget)) share[part] = level
    else full.add(part)
  }
  return { share, limited: full.size > 0 }
}

/** Adds up what held levels cost. */
export class Purse {
  readonly #parts: PartInfo[]
  readonly #demands: Demands
  readonly #memory: HeldMemory
  #triangles = 0

  constructor (parts: PartInfo[], demands: Demands) {
    this.#parts = parts
    this.#demands = demands
    this.#memory = new HeldMemory(parts, demands.copies, demands.textures)
  }

  within ({ bytes, triangles }: Budget): boolean {
    return this.#memory.bytes <= bytes && this.#triangles <= triangles
  }

  /** One level (-1: none) of a part for another. */
  change (part: number, from: number, to: number): void {
    const { levels } = this.#parts[part]!
    this.#memory.change(part, from, to)
    this.#triangles += this.#demands.counts[part]! * ((levels[to]?.triangles ?? 0) - (levels[from]?.triangles ?? 0))
  }

  /** The same, unless the budget would be exceeded; whether it was done. */
  tryChange (part: number, from: number, to: number, budget: Budget): boolean {
    this.change(part, from, to)
    if (this.within(budget)) return true
    this.change(part, to, from)
    return false
  }
}
