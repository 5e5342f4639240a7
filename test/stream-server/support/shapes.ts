import type { Test } from 'tap'
import type { SceneMessage } from '../../../src/stream-server/protocol.ts'
import type { Pack } from '../../../src/stream-server/models/pack.ts'
import { board, checks } from './board.ts'
import { opened, store } from './store.ts'
import { torus, writeMeshes } from './torus.ts'

/** Rings of several kinds side by side, as a stream server has them: closed, open, coloured at its corners, to be seen through; a board with a texture; and a mirrored copy, which is squeezed too. */
export async function shapes (t: Test): Promise<{ pack: Pack, scene: SceneMessage }> {
  const { file, open } = await store(t)
  const ring = torus(120, 48)
  const half = { ...ring, indices: ring.indices.slice(0, ring.indices.length / 2) }
  const coloured = { ...torus(60, 24), colors: new Uint8Array(60 * 24 * 4).map((_, i) => i % 4 === 1 ? 40 : 255) }
  const glass = torus(50, 30)
  await writeMeshes(file('rings.glb'), [
    { name: 'Ring', mesh: ring, color: [0.1, 0.3, 0.7], at: [0, 0, 0] },
    { name: 'Ring', mesh: ring, color: [0.1, 0.3, 0.7], at: [3, 0, 0] },
    { name: 'Half', mesh: half, color: [0.7, 0.2, 0.1], at: [0, 0, 3] },
    { name: 'Coloured', mesh: coloured, color: [0.8, 0.8, 0.8], at: [3, 0, 3] },
    { name: 'Glass', mesh: glass, color: [0.2, 0.7, 0.3], at: [1.5, 0.8, 1.5] },
    { name: 'Board', mesh: board(2, 3, 4), color: [0.9, 0.8, 0.7], at: [1.5, -0.6, 1.5], image: checks(128, 8) }
  ])
  const pack = await opened(t, open(file('rings.glb')))
  const { parts, instances, ...rest } = pack.scene
  return {
    pack,
    scene: {
      ...rest,
      parts: parts.map(part => part.name === 'Glass' ? { ...part, color: [part.color[0], part.color[1], part.color[2], 0.5] } : part),
      instances: instances.map((instance, i) => i === 1 ? { ...instance, matrix: instance.matrix.map((value, k) => k === 0 ? -value : k === 5 ? value * 0.7 : value) } : instance)
    }
  }
}
