import type { PartInfo } from '../protocol.ts'
import { Purse } from './budget.ts'
import type { Budget, Plan } from './budget.ts'
import type { Chunk, Demands } from './plan.ts'

/**
 * What mode `all` sends when the view has what it needs: the coarsest level of every part that has none, then the finest of each, small files first,
 * as far as the budget goes once `plan` is carried out. Only of the parts in `shown`.
 */
export function everythingElse (budget: Budget, parts: PartInfo[], demands: Demands, held: ArrayLike<number>, plan: Pick<Plan, 'drops' | 'chunks'>, shown: ReadonlySet<number>): Chunk[] {
  const level = Array.from(held)
  for (const part of plan.drops) level[part] = -1
  for (const chunk of plan.chunks) level[chunk.part] = chunk.level
  const purse = new Purse(parts, demands)
  for (const [part, now] of level.entries()) purse.change(part, -1, now)
  const rest: Chunk[] = []
  const wish = (part: number, next: number): void => {
    if (next <= level[part]! || !purse.tryChange(part, level[part]!, next, budget)) return
    level[part] = next
    rest.push({ part, level: next })
  }
  const wanted = [...parts.keys()].filter(part => shown.has(part))
  for (const part of wanted) if (level[part]! < 0) wish(part, 0)
  const finest = (part: number): number => parts[part]!.levels.length - 1
  const bytes = (part: number): number => parts[part]!.levels[finest(part)]!.bytes
  for (const part of wanted.sort((a, b) => bytes(a) - bytes(b) || a - b)) wish(part, finest(part))
  return rest
}
