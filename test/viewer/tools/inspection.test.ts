import t from 'tap'
import { BoxGeometry, Matrix4, Ray, Vector3, Plane } from 'three'
import type { SceneMessage } from '../../../src/stream-server/protocol.ts'
import { Finishes } from '../../../src/viewer/finishes.ts'
import { PartStore } from '../../../src/viewer/part-store.ts'
import { Assembly } from '../../../src/viewer/tools/assembly.ts'
import { Picker } from '../../../src/viewer/tools/picker.ts'

const half = 0.5
const cube = { min: [-half, -half, -half] as [number, number, number], max: [half, half, half] as [number, number, number], color: [1, 0, 0, 1] as [number, number, number, number], metallic: 0, roughness: 1, levels: [{ triangles: 12, vertices: 24, error: 0, bytes: 1 }] }
const at = (x: number, scale = 1): number[] => [scale, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, 0, 0, 1]
const row: SceneMessage = {
  type: 'scene',
  model: 'row',
  min: [-0.5, -0.5, -0.5],
  max: [6.5, 0.5, 0.5],
  nodes: [{ name: 'Row', parent: -1 }, { name: 'Left', parent: 0 }, { name: '', parent: 1 }, { name: 'Right', parent: 0 }],
  parts: [{ name: 'Cube', ...cube }, { name: '', ...cube }],
  instances: [{ part: 0, node: 2, matrix: at(0) }, { part: 0, node: 3, matrix: at(3, -1) }, { part: 1, node: 3, matrix: at(6) }],
  triangles: 36
}

function stood () {
  const store = new PartStore(row, new Finishes())
  for (const part of [0, 1]) store.show(part, 0, withBounds())
  const assembly = new Assembly(row)
  return { store, assembly, picker: new Picker(assembly, store) }
}

function withBounds (): BoxGeometry {
  const geometry = new BoxGeometry()
  geometry.computeBoundingSphere()
  geometry.computeBoundingBox()
  return geometry
}

const along = new Ray(new Vector3(-10, 0.1, 0.1), new Vector3(1, 0, 0))

t.test('a ray meets the nearest instance that is offered, mirrored ones too', async t => {
  const { picker } = stood()
  t.equal(picker.pick(along, () => true)?.instance, 0)
  const second = picker.pick(along, instance => instance !== 0)
  t.equal(second?.instance, 1)
  t.equal(second?.point.x, 2.5)
  t.equal(picker.pick(along, () => false), undefined)
  t.equal(picker.pick(new Ray(new Vector3(0, 5, 0), new Vector3(0, 1, 0)), () => true), undefined)
})

t.test('what is cut away is not met', async t => {
  const { picker } = stood()
  t.equal(picker.pick(along, () => true, new Plane(new Vector3(1, 0, 0), -5))?.instance, 2)
  t.equal(picker.pick(along, () => true, new Plane(new Vector3(1, 0, 0), 0))?.point.x, half, 'the far side of what is cut in two')
})

t.test('a solid that is cut in two is met on the face of the cut, by whoever looks at it', async t => {
  const solid = { ...row, parts: row.parts.map(part => ({ ...part, solid: true as const })) }
  const { store } = stood()
  const picker = new Picker(new Assembly(solid), store)
  const met = (x: number, nx: -1 | 1, ray = along) => picker.pick(ray, () => true, new Plane(new Vector3(nx, 0, 0), -nx * x))
  t.match(met(0.2, 1), { instance: 0, corners: [] })
  t.strictSame(met(0.2, 1)?.point.toArray().map(value => Math.round(value * 1e6) / 1e6), [0.2, 0.1, 0.1])
  t.strictSame(met(3.1, 1)?.point.toArray().map(value => Math.round(value * 1e6) / 1e6), [3.1, 0.1, 0.1], 'mirrored')
  t.equal(met(0.2, -1)?.point.x, -half, 'from the side that is left')
  t.equal(met(1, 1)?.point.x, 2.5, 'the cut goes through nothing')
  const glass = new Picker(new Assembly({ ...solid, parts: solid.parts.map(part => ({ ...part, color: [1, 1, 1, 0.5] })) }), store)
  t.equal(glass.pick(along, () => true, new Plane(new Vector3(1, 0, 0), -0.2))?.point.x, half, 'through what is transparent its far side is seen')
})

t.test('what was moved is met where it is now', async t => {
  const { picker, store } = stood()
  const up = (_instance: number, into: Vector3): Vector3 => into.set(0, 5, 0)
  store.displace(up)
  t.equal(picker.pick(along, () => true, undefined, up), undefined)
  t.equal(store.matrix(0, new Matrix4()).elements[13], 5)
  store.displace(undefined)
  t.equal(picker.pick(along, () => true)?.instance, 0)
})

t.test('a hundred thousand instances are searched in a moment', async t => {
  const instances = Array.from({ length: 100_000 }, (_, index) => ({ part: 0, node: 0, matrix: at(index * 2) }))
  const scene = { ...row, instances }
  const store = new PartStore(scene, new Finishes())
  store.show(0, 0, withBounds())
  const picker = new Picker(new Assembly(scene), store)
  const started = performance.now()
  t.equal(picker.pick(new Ray(new Vector3(150_000.1, 10, 0), new Vector3(0, -1, 0)), () => true)?.instance, 75_000)
  t.ok(performance.now() - started < 500, `${(performance.now() - started).toFixed(1)} ms`)
})

t.test('names, instances below a node, and a search', async t => {
  const assembly = new Assembly(row)
  t.equal(assembly.name(2), 'Cube', 'a node without a name has its part\'s')
  t.strictSame(assembly.below(0).sort(), [0, 1, 2])
  t.strictSame(assembly.below(3), [1, 2])
  t.strictSame(assembly.search('  LEF', 10), [1])
  t.strictSame(assembly.search('', 10), [])
  t.equal(assembly.search('e', 10).length, 2)
})

t.test('what is known of a selection', async t => {
  const assembly = new Assembly(row)
  t.strictSame(assembly.properties([]), undefined)
  t.strictSame(assembly.properties([0]), { name: 'Cube', part: 'Cube', count: 1, instances: 2, triangles: 12, size: [1, 1, 1] })
  t.strictSame(assembly.properties([0, 1]), { name: '2 instances', part: 'Cube', count: 2, instances: 2, triangles: 24, size: [4, 1, 1] })
  t.match(assembly.properties([1, 2]), { part: undefined, instances: undefined })
})

t.test('looks and visibility asked for before a part has come are there when it comes', async t => {
  const store = new PartStore(row, new Finishes())
  store.setVisible(0, false)
  store.setLook(1, 'ghost')
  store.show(0, 0, withBounds())
  const meshes = store.root.children as unknown as Array<{ getVisibleAt (id: number): boolean, getColorAt (id: number, into: { w: number }): { w: number } }>
  t.equal(meshes[0]?.getVisibleAt(0), false)
  const { Vector4 } = await import('three')
  t.equal(meshes[1]?.getColorAt(0, new Vector4()).w, -1)
})
