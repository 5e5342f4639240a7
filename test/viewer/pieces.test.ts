import t from 'tap'
import { BatchedMesh, BoxGeometry, BufferAttribute, BufferGeometry, Ray, Vector3, Vector4 } from 'three'
import type { PieceInfo, SceneMessage } from '../../src/stream-server/protocol.ts'
import { Finishes } from '../../src/viewer/finishes.ts'
import { PartStore } from '../../src/viewer/part-store.ts'
import { Assembly } from '../../src/viewer/tools/assembly.ts'
import { edgesOf, featureEdges } from '../../src/viewer/tools/feature-edges.ts'
import { Picker } from '../../src/viewer/tools/picker.ts'
import { seamEdges } from '../../src/viewer/tools/seams.ts'

type Corner = [number, number, number]
/** A box from -1 to 1 along X, of which each half is a piece. */
const halves = ([[-1, 0], [0, 1]] as const).map(([from, to]): PieceInfo => ({ min: [from, -0.5, -0.5], max: [to, 0.5, 0.5], levels: [{ triangles: 10, vertices: 20, error: 0, bytes: 1 }] }))
const look = { color: [1, 0, 0, 1] as [number, number, number, number], metallic: 0, roughness: 1 }
const at = (x: number): number[] => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, 0, 0, 1]
const scene: SceneMessage = {
  type: 'scene',
  model: 'beams',
  min: [-1, -0.5, -0.5],
  max: [7, 0.5, 0.5],
  nodes: [{ name: 'Nut', parent: -1 }, { name: 'Beam', parent: -1 }, { name: 'Twin', parent: -1 }],
  parts: [
    { name: 'Nut', ...look, min: [-0.1, -0.1, -0.1], max: [0.1, 0.1, 0.1], levels: [{ triangles: 12, vertices: 24, error: 0, bytes: 1 }] },
    { name: 'Beam', ...look, min: [-1, -0.5, -0.5] as Corner, max: [1, 0.5, 0.5] as Corner, levels: [], pieces: halves }
  ],
  instances: [{ part: 0, node: 0, matrix: at(0) }, { part: 1, node: 1, matrix: at(3) }, { part: 1, node: 2, matrix: at(6) }],
  triangles: 52
}

/** One half of the box: five sides of it. */
function half (side: -1 | 1): BufferGeometry {
  const whole = new BoxGeometry(1, 1, 1)
  const index = [...whole.index?.array ?? []]
  // The first six entries are the side towards +X, the next six that towards -X.
  const open = side === -1 ? index.slice(6) : [...index.slice(0, 6), ...index.slice(12)]
  const made = new BufferGeometry()
  for (const name of ['position', 'normal']) made.setAttribute(name, new BufferAttribute(Float32Array.from(whole.getAttribute(name).array), 3))
  made.setIndex(new BufferAttribute(Uint32Array.from(open), 1))
  made.translate(side * 0.5, 0, 0)
  made.computeBoundingBox()
  made.computeBoundingSphere()
  return made
}

function stood () {
  const store = new PartStore(scene, new Finishes())
  const assembly = new Assembly(scene)
  const show = (piece: 1 | 2) => { store.show(piece, 0, half(piece === 1 ? -1 : 1)) }
  return { store, assembly, show, picker: new Picker(assembly, store), mesh: store.root.children.find(child => child instanceof BatchedMesh)! }
}

t.test('a part counts as one, however many of its pieces have come', t => {
  const { store, show } = stood()
  t.equal(store.partsShown, 0)
  t.ok(store.knows(2, 0))
  t.notOk(store.knows(3, 0))
  show(2)
  t.equal(store.partsShown, 1)
  show(1)
  t.equal(store.partsShown, 1)
  t.equal(store.bytes, 2 * (20 * 24 + 10 * 12))
  store.drop(2)
  t.equal(store.partsShown, 1)
  store.drop(1)
  t.equal(store.partsShown, 0)
  t.end()
})

t.test('all pieces of an instance look alike, are hidden together and move together, whenever they come', t => {
  const { store, show, mesh } = stood()
  show(1)
  store.setLook(1, 'selected')
  store.setVisible(2, false)
  store.displace((instance, into) => into.set(0, instance, 0))
  show(2)
  const colours = [0, 1, 2, 3].map(id => mesh.getColorAt(id, new Vector4()).toArray().map(value => Math.round(value * 100) / 100))
  t.strictSame(colours[0], colours[2])
  t.strictSame(colours[1], [1, 0, 0, 1])
  t.strictSame(colours[3], [1, 0, 0, 1])
  t.not(colours[0]?.join(), colours[1]?.join())
  t.strictSame([0, 1, 2, 3].map(id => mesh.getVisibleAt(id)), [true, false, true, false])
  const matrices = [0, 1, 2, 3].map(id => { const into = store.root.matrix.clone(); mesh.getMatrixAt(id, into); return into.elements[13] })
  t.strictSame(matrices, [1, 2, 1, 2])
  store.setVisible(2, true)
  t.strictSame([0, 1, 2, 3].map(id => mesh.getVisibleAt(id)), [true, true, true, true])
  t.end()
})

t.test('whichever piece is met, it is the instance', t => {
  const { picker, show, assembly } = stood()
  show(1)
  const down = (x: number) => picker.pick(new Ray(new Vector3(x, 5, 0.1), new Vector3(0, -1, 0)), () => true)
  t.equal(down(2.5)?.instance, 1)
  t.equal(down(3.5), undefined, 'that half has not come')
  show(2)
  t.equal(down(3.5)?.instance, 1)
  t.equal(down(6.5)?.instance, 2)
  t.strictSame(down(6.5)?.point.toArray(), [6.5, 0.5, 0.1])
  t.match(assembly.properties([1]), { name: 'Beam', part: 'Beam', instances: 2, triangles: 20, size: [2, 1, 1] })
  t.strictSame(assembly.below(1), [1])
  t.end()
})

t.test('no edge is drawn where pieces meet smoothly', t => {
  const { store, show } = stood()
  show(1)
  show(2)
  const [left, right] = [1, 2].map(piece => edgesOf(store.triangles(piece)!))
  t.equal(left?.bent.length, 8 * 6, 'of the twelve edges of a half, four are open')
  t.equal(left?.open.length, 4)
  t.equal(featureEdges(store.triangles(1)!).length, 12 * 6)
  t.equal(seamEdges([left!.open, right!.open], []).length, 0)
  t.equal(seamEdges([left!.open], [halves[1]!]).length, 0, 'the other half has not come')
  t.equal(seamEdges([left!.open], []).length, 4 * 6, 'there is no other half')
  t.equal(seamEdges([left!.open], new Array(3_000_000).fill({ min: [9, 9, 9], max: [9, 9, 9] })).length, 0, 'too many to compare with')
  const bent = right!.open.map(({ points, normal: [x, y, z] }) => ({ points, normal: [x, -y, -z] as Corner, surface: [x, -y, -z] as Corner }))
  t.equal(seamEdges([left!.open, bent], []).length, 4 * 6, 'pieces that meet sharply')
  t.end()
})
