import type { InstanceInfo, PartInfo, SceneMessage } from './protocol.ts'

/** A scene as it is streamed and drawn: every piece is a part of its own, and numbered as the stream does it. Most scenes are that already. */
export interface SceneInPieces {
  parts: PartInfo[]
  /** The pieces of one instance stand together, in the order of the scene's instances. */
  instances: InstanceInfo[]
  /** Where the pieces of each of the scene's parts begin, and at the end how many there are in all. */
  firsts: Uint32Array
  /** Where the pieces of each of the scene's instances begin, and at the end how many there are in all. */
  starts: Uint32Array
  /** Per piece that is placed: the scene's instance. */
  of: Uint32Array
}

export function inPieces (scene: Pick<SceneMessage, 'parts' | 'instances'>): SceneInPieces {
  const parts = partsInPieces(scene.parts)
  const count = scene.instances.length
  const starts = new Uint32Array(count + 1)
  if (parts === scene.parts) {
    const of = Uint32Array.from({ length: count }, (_, instance) => instance)
    starts.set(of)
    starts[count] = count
    return { parts, instances: scene.instances, firsts: Uint32Array.from({ length: parts.length + 1 }, (_, part) => part), starts, of }
  }
  const firsts = new Uint32Array(scene.parts.length + 1)
  for (const [part, { pieces }] of scene.parts.entries()) firsts[part + 1] = firsts[part]! + (pieces?.length ?? 1)
  const instances: InstanceInfo[] = []
  const of: number[] = []
  for (const [i, instance] of scene.instances.entries()) {
    for (let piece = 0; piece < (scene.parts[instance.part]?.pieces?.length ?? 1); piece++) {
      instances.push({ ...instance, part: firsts[instance.part]! + piece })
      of.push(i)
    }
    starts[i + 1] = instances.length
  }
  return { parts, instances, firsts, starts, of: Uint32Array.from(of) }
}

/** The parts with each piece in the place of its part. */
export function partsInPieces (parts: PartInfo[]): PartInfo[] {
  if (parts.every(({ pieces }) => pieces === undefined)) return parts
  return parts.flatMap(({ pieces, ...part }) => pieces === undefined ? [part] : pieces.map(piece => ({ ...part, ...piece })))
}

/** Triangles of a part at full detail. */
export const trianglesOf = ({ levels, pieces }: Pick<PartInfo, 'levels' | 'pieces'>): number =>
  (pieces ?? [{ levels }]).reduce((sum, { levels }) => sum + (levels.at(-1)?.triangles ?? 0), 0)
