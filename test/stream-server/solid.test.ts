import t from 'tap'
import { boundsOf } from '../../src/stream-server/preparing/mesh.ts'
import { gridOf } from '../../src/stream-server/preparing/part-glb.ts'
import { isSolid } from '../../src/stream-server/preparing/solid.ts'
import { box } from './support/files.ts'
import { torus } from './support/torus.ts'

const solid = (indices: number[] | Uint32Array, positions: number[] | Float32Array): boolean => {
  const mesh = { indices: Uint32Array.from(indices), positions: Float32Array.from(positions) }
  return isSolid(mesh, gridOf(boundsOf(mesh.positions)))
}

t.test('what encloses a volume is a solid', async t => {
  const { points, triangles } = box()
  t.ok(solid(triangles.flat(), points.flat()))
  const ring = torus(80, 40)
  t.ok(solid(ring.indices, ring.positions))
  const corners = triangles.flat()
  t.ok(solid([...corners.keys()], corners.flatMap(corner => points[corner] ?? [])), 'every triangle with corners of its own')
  t.ok(solid(triangles.flat(), points.flat().map(value => value + 1000)), 'wherever it is')
})

t.test('what is open, inside out, or one triangle turned over, is none', async t => {
  const { points, triangles } = box()
  for (let missing = 0; missing < 12; missing++) t.notOk(solid(triangles.filter((_, i) => i !== missing).flat(), points.flat()))
  t.notOk(solid(triangles.map(corners => [...corners].reverse()).flat(), points.flat()))
  t.notOk(solid(triangles.map((corners, i) => i === 3 ? [...corners].reverse() : corners).flat(), points.flat()))
  const ring = torus(80, 40)
  t.notOk(solid(ring.indices.subarray(3), ring.positions))
})
