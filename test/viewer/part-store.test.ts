import t from 'tap'
import { BatchedMesh, BufferAttribute, BufferGeometry, Matrix4, Texture } from 'three'
import type { SceneMessage } from '../../src/stream-server/protocol.ts'
import { Finishes } from '../../src/viewer/finishes.ts'
import { PartStore } from '../../src/viewer/part-store.ts'

const levels = [2, 40, 900].map(triangles => ({ triangles, vertices: triangles * 3, error: 0, bytes: 1 }))
const part = (color: [number, number, number, number]) => ({ name: '', min: [0, 0, 0] as [number, number, number], max: [1, 1, 1] as [number, number, number], color, metallic: 0, roughness: 1, levels })
const moved = (x: number, scale = 1): number[] => [scale, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, 0, 0, 1]
const bench: SceneMessage = {
  type: 'scene',
  model: 'bench',
  min: [0, 0, 0],
  max: [1, 1, 1],
  nodes: [{ name: '', parent: -1 }],
  parts: [part([1, 0, 0, 1]), part([0, 1, 0, 0.4])],
  instances: [{ part: 0, node: 0, matrix: moved(1) }, { part: 0, node: 0, matrix: moved(2) }, { part: 1, node: 0, matrix: moved(3) }, { part: 0, node: 0, matrix: moved(4, -1) }],
  triangles: 3600
}

function triangles (count: number): BufferGeometry {
  const geometry = new BufferGeometry()
  for (const name of ['position', 'normal']) geometry.setAttribute(name, new BufferAttribute(Float32Array.from({ length: count * 9 }, (_, index) => index % 7), 3))
  geometry.setIndex(new BufferAttribute(Uint32Array.from({ length: count * 3 }, (_, index) => index), 1))
  geometry.computeBoundingSphere()
  return geometry
}

const meshes = (store: PartStore): BatchedMesh[] => store.root.children.filter(child => child instanceof BatchedMesh)
/** Triangles that each instance of each batch draws. */
const drawn = (store: PartStore): number[][] => meshes(store).map(mesh => Array.from({ length: mesh.instanceCount }, (_, instance) => (mesh.getGeometryRangeAt(mesh.getGeometryIdAt(instance))?.indexCount ?? 0) / 3))

t.test('a part appears at all its places when its first level comes', async t => {
  const store = new PartStore(bench, new Finishes())
  t.equal(meshes(store).length, 3, 'opaque, glass and mirrored')
  store.show(0, 0, triangles(2))
  t.strictSame(drawn(store), [[2, 2], [], [2]])
  t.equal(store.partsShown, 1)
  store.dispose()
  store.dispose()
})

t.test('what nothing has come of is not drawn: it would have a shader program made for nothing', async t => {
  const store = new PartStore(bench, new Finishes())
  const visible = () => meshes(store).map(mesh => mesh.visible)
  t.strictSame(visible(), [false, false, false])
  store.show(1, 0, triangles(2))
  t.strictSame(visible(), [false, true, false])
  store.show(0, 0, triangles(2))
  t.strictSame(visible(), [true, true, true])
  store.dispose()
})

t.test('what comes last is shown, finer or coarser', async t => {
  const store = new PartStore(bench, new Finishes())
  store.show(0, 1, triangles(40))
  t.strictSame(drawn(store), [[40, 40], [], [40]])
  store.show(0, 0, triangles(2))
  t.strictSame(drawn(store), [[2, 2], [], [2]])
  store.show(0, 2, triangles(900))
  t.strictSame(drawn(store), [[900, 900], [], [900]])
  store.dispose()
})

t.test('buffers grow with what comes, and what was there before stays intact', async t => {
  const parts = Array.from({ length: 12 }, () => part([1, 0, 0, 1]))
  const store = new PartStore({ ...bench, parts, instances: parts.map((_, index) => ({ part: index, node: 0, matrix: moved(index) })) }, new Finishes())
  for (const [level, count] of [2, 40, 900].entries()) {
    for (let index = 0; index < parts.length; index++) store.show(index, level, triangles(count))
  }
  const [mesh] = meshes(store)
  t.strictSame(drawn(store), [new Array<number>(12).fill(900)])
  const index = mesh?.geometry.index
  const position = mesh?.geometry.getAttribute('position')
  t.ok(position !== undefined && position.count < 12 * 900 * 3 * 3, 'room for less than three times what is alive')
  for (let instance = 0; instance < 12; instance++) {
    const range = mesh?.getGeometryRangeAt(mesh.getGeometryIdAt(instance))
    const first = index?.getX(range?.indexStart ?? 0) ?? -1
    t.equal(first, range?.vertexStart, `part ${instance} has its own vertices`)
    t.equal(position?.getX(first + 1), 3)
  }
  store.dispose()
})

t.test('what is dropped is gone, buffers shrink, and it can come again', async t => {
  const parts = Array.from({ length: 12 }, () => part([1, 0, 0, 1]))
  const store = new PartStore({ ...bench, parts, instances: parts.map((_, index) => ({ part: index, node: 0, matrix: moved(index) })) }, new Finishes())
  t.equal(store.bytes, 0)
  for (let index = 0; index < parts.length; index++) store.show(index, 2, triangles(900))
  t.equal(store.bytes, 12 * (900 * 3 * 24 + 900 * 12))
  const [mesh] = meshes(store)
  const room = (): number => mesh?.geometry.getAttribute('position').count ?? 0
  const full = room()
  store.setVisible(11, false)
  for (let index = 1; index < parts.length; index++) store.drop(index)
  store.drop(11)
  t.equal(store.bytes, 900 * 3 * 24 + 900 * 12)
  t.equal(store.partsShown, 1)
  t.equal(store.triangles(5), undefined)
  t.ok(room() <= full / 4, `${room()} of ${full}`)
  t.equal(mesh?.instanceCount, 1)
  for (let index = 1; index < parts.length; index++) store.show(index, 1, triangles(40))
  t.same(drawn(store)[0]?.toSorted((a, b) => a - b), [...new Array<number>(11).fill(40), 900])
  t.equal(mesh?.getVisibleAt(mesh.instanceCount - 1), false, 'what was hidden stays hidden')
  store.dispose()
})

t.test('a texture goes with the last part that it lies on', async t => {
  const finishes = new Finishes()
  const parts = [1, 2, 3].map(number => ({ ...part([1, 0, 0, 1]), ...number < 3 && { texture: 0 } }))
  const store = new PartStore({ ...bench, parts, instances: parts.map((_, index) => ({ part: index, node: 0, matrix: moved(index) })), textures: [{ mimeType: 'image/png', width: 30, height: 10, bytes: 1 }] }, finishes)
  for (const index of [0, 1, 2]) store.show(index, 0, triangles(2))
  t.equal(store.bytes, 3 * (6 * 24 + 24) + 2 * 6 * 8 + 30 * 10 * 16 / 3)
  const texture = new Texture()
  let disposed = false
  texture.addEventListener('dispose', () => { disposed = true })
  finishes.lay(0, texture)
  const material = finishes.of('plain+0')
  t.equal(material.map, texture)
  store.drop(2)
  store.drop(0)
  t.notOk(disposed)
  store.drop(1)
  t.ok(disposed)
  t.equal(material.map, null)
  t.equal(store.bytes, 0)
  finishes.lay(0, new Texture())
  t.ok(material.map, 'it can come again')
  store.dispose()
})

t.test('mirrored instances stand where the scene puts them', async t => {
  const store = new PartStore(bench, new Finishes())
  store.show(0, 0, triangles(2))
  const mesh = meshes(store).find(each => each.instanceCount === 1 && each.matrix.determinant() < 0)
  const placed = new Matrix4()
  mesh?.getMatrixAt(0, placed)
  t.strictSame(new Matrix4().multiplyMatrices(mesh?.matrix ?? new Matrix4(), placed).toArray(), moved(4, -1))
  t.ok(placed.determinant() > 0, 'the batch itself is mirrored, its instances are not')
  store.dispose()
})

t.test('geometry of a part or level that the scene lacks is unknown', async t => {
  const store = new PartStore(bench, new Finishes())
  t.ok(store.knows(1, 2))
  for (const [part, level] of [[2, 0], [-1, 0], [0, 3], [0, -1], [0, 0.5]] as const) t.notOk(store.knows(part, level), `${part} ${level}`)
  store.dispose()
})
