import t from 'tap'
import { MeshoptSimplifier } from 'meshoptimizer'
import { boundsOf } from '../../src/stream-server/preparing/mesh.ts'
import type { Mesh } from '../../src/stream-server/preparing/mesh.ts'
import { levelsOf } from '../../src/stream-server/preparing/levels.ts'
import { gridOf } from '../../src/stream-server/preparing/part-glb.ts'
import { pieceCount, piecesOf } from '../../src/stream-server/preparing/pieces.ts'
import { inPieces, trianglesOf } from '../../src/stream-server/pieces.ts'
import { decodeGeometry, geometryReady, isClosed } from '../../src/stream-server/ssr/geometry.ts'
import { dice } from './support/dice.ts'
import { opened, store } from './support/store.ts'
import { torus, writeTorus } from './support/torus.ts'

const ring = torus(600, 200)
const cut = (mesh: Mesh) => [...piecesOf(mesh, gridOf(boundsOf(mesh.positions)))]

/** A triangle by what it looks like: its corners from the least on. */
function words ({ positions, normals }: Mesh, corners: Uint32Array): string {
  const texts = [...corners].map(vertex => [...positions.subarray(vertex * 3, vertex * 3 + 3), ...normals.subarray(vertex * 3, vertex * 3 + 3)].join())
  const least = texts.indexOf([...texts].sort()[0] ?? '')
  return [0, 1, 2].map(k => texts[(least + k) % 3]).join(' ')
}
const triangles = (mesh: Mesh): string[] => Array.from({ length: mesh.indices.length / 3 }, (_, i) => words(mesh, mesh.indices.subarray(i * 3, i * 3 + 3)))

/** Edges that one triangle alone has, by their ends. */
function openEdges ({ positions }: Mesh, indices: Uint32Array): string[] {
  const open = new Set<string>()
  const point = (vertex: number) => positions.subarray(vertex * 3, vertex * 3 + 3).join()
  for (let i = 0; i < indices.length; i++) {
    const [a, b] = [point(indices[i]!), point(indices[i % 3 === 2 ? i - 2 : i + 1]!)]
    if (!open.delete(`${b} ${a}`)) open.add(`${a} ${b}`)
  }
  return [...open].sort()
}

t.test('the pieces of a mesh are about equal, close together, and have each triangle once', async t => {
  const pieces = cut(ring)
  t.equal(pieceCount(ring), 4)
  t.equal(pieces.length, 4)
  t.strictSame(pieces.flatMap(({ mesh }) => triangles(mesh)).sort(), triangles(ring).sort())
  for (const { mesh, bounds } of pieces) {
    t.equal(mesh.indices.length / 3, 60_000)
    t.strictSame(bounds, boundsOf(mesh.positions))
    t.ok(Math.max(bounds.max[0] - bounds.min[0], bounds.max[2] - bounds.min[2]) < 2.1, 'a quarter of the ring')
  }
})

t.test('a mesh that is not large stays whole', async t => {
  t.equal(pieceCount(torus(100, 100)), 1)
})

t.test('pieces carry what their vertices carry', async t => {
  const count = ring.positions.length / 3
  const uvs = Float32Array.from({ length: count * 2 }, (_, i) => i % 2 === 0 ? ring.positions[i / 2 * 3]! : ring.positions[(i >> 1) * 3 + 2]!)
  const colors = Uint8Array.from({ length: count * 4 }, (_, i) => Math.round(((ring.normals[(i >> 2) * 3 + (i & 3)] ?? 0) + 1) * 100))
  for (const { mesh } of cut({ ...ring, uvs, colors })) {
    for (let i = 0; i < mesh.positions.length / 3; i += 97) {
      t.strictSame([...mesh.uvs!.subarray(i * 2, i * 2 + 2)], [mesh.positions[i * 3], mesh.positions[i * 3 + 2]])
      t.strictSame([...mesh.colors!.subarray(i * 4, i * 4 + 3)], [...mesh.normals.subarray(i * 3, i * 3 + 3)].map(value => Math.round((value + 1) * 100)))
    }
  }
})

t.test('the border of a piece is the same at all its levels', async t => {
  await MeshoptSimplifier.ready
  for (const mesh of [ring, { ...ring, colors: new Uint8Array(ring.positions.length / 3 * 4).map((_, i) => i % 251) }]) {
    for (const { mesh: piece, border } of cut(mesh)) {
      const edges = openEdges(piece, piece.indices)
      t.ok(border.points > 200 && edges.length >= border.points)
      const levels = levelsOf(piece, border)
      t.ok(levels.length >= 3)
      t.ok(levels[0]!.indices.length / 3 < 60_000 / 10)
      for (const { indices } of levels) t.strictSame(openEdges(piece, indices), edges)
    }
  }
})

t.test('a large part comes in pieces and stays one part; whichever level each piece has, nothing gapes between them', async t => {
  const { open, file, steps } = await store(t)
  await writeTorus(file('rings.glb'), 600, 200, 3)
  const pack = await opened(t, open(file('rings.glb')))
  const { parts, instances, nodes, triangles, min, max } = pack.scene
  t.equal(parts.length, 1)
  t.equal(instances.length, 3)
  t.strictSame(nodes.map(({ name }) => name), ['All', 'Ring 1', 'Ring 2', 'Ring 3'])
  const [part] = parts
  t.match(part, { name: 'Ring', levels: [] })
  t.equal(trianglesOf(part!), 240_000)
  t.equal(triangles, 720_000)
  t.match(steps.join(), /Preparing Ring/)
  const pieces = part?.pieces ?? []
  t.equal(pieces.length, 4)
  for (const k of [0, 1, 2] as const) {
    t.equal(Math.min(...pieces.map(({ min }) => min[k])), part?.min[k])
    t.equal(Math.max(...pieces.map(({ max }) => max[k])), part?.max[k])
  }
  t.ok(max[1] - min[1] > 4.7)

  await geometryReady
  const random = dice(7)
  for (let round = 0; round < 6; round++) {
    const positions: number[] = []
    const indices: number[] = []
    for (const [piece, { levels }] of pieces.entries()) {
      const level = Math.floor(random() * levels.length)
      const geometry = decodeGeometry(await pack.read(piece, level))
      t.equal(geometry.indices.length / 3, levels[level]?.triangles)
      const first = positions.length / 4
      for (const value of geometry.positions) positions.push(value)
      for (const index of geometry.indices) indices.push(index + first)
    }
    t.ok(isClosed(Int16Array.from(positions), indices))
  }

  const drawn = inPieces(pack.scene)
  t.equal(drawn.parts.length, 4)
  t.equal(drawn.instances.length, 12)
  t.strictSame([...drawn.starts], [0, 4, 8, 12])
  t.strictSame([...drawn.of], [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
  t.strictSame(drawn.instances.slice(4, 8).map(({ part, node }) => [part, node]), [[0, 2], [1, 2], [2, 2], [3, 2]])
})
