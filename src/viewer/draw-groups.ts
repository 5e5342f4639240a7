import { Matrix4 } from 'three'
import type { SceneInPieces } from '../stream-server/pieces.ts'
import { finishOf } from './finishes.ts'
import type { Finish } from './finishes.ts'

/** What one call draws: pieces of one finish, and their places. */
export interface DrawGroup {
  finish: Finish
  /** They are mirror images of their parts (left and right hand parts): drawn apart, so that surfaces keep facing outwards. */
  mirrored: boolean
  /** By piece: its places, by their number among all that are placed. */
  places: Map<number, number[]>
}

export function drawGroups ({ parts, instances }: Pick<SceneInPieces, 'parts' | 'instances'>): DrawGroup[] {
  const finishes = parts.map(finishOf)
  const groups = new Map<string, DrawGroup>()
  const matrix = new Matrix4()
  for (const [placed, { part, matrix: numbers }] of instances.entries()) {
    const finish = finishes[part] ?? 'plain'
    const mirrored = matrix.fromArray(numbers).determinant() < 0
    const key = `${finish} ${mirrored}`
    const group = groups.get(key) ?? { finish, mirrored, places: new Map<number, number[]>() }
    const members = group.places.get(part) ?? []
    members.push(placed)
    groups.set(key, group)
    group.places.set(part, members)
  }
  return [...groups.values()]
}
