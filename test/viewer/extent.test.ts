import t from 'tap'
import { PerspectiveCamera, Vector3 } from 'three'
import { Extent } from '../../src/viewer/extent.ts'

const box = { name: '', color: [1, 1, 1, 1] as [number, number, number, number], metallic: 0, roughness: 1, levels: [] }
const at = (x: number, y: number, z: number): number[] => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z, 1]
const bench = {
  min: [-5, -1, -1] as [number, number, number],
  max: [5, 3, 1] as [number, number, number],
  parts: [{ ...box, min: [-1, -1, -1] as [number, number, number], max: [1, 1, 1] as [number, number, number] }],
  instances: [{ part: 0, node: 0, matrix: at(-4, 0, 0) }, { part: 0, node: 1, matrix: at(4, 2, 0) }]
}

/** Where the eight corners of each placed part appear, from -1 to 1 across and up. */
function seen (extent: Extent, direction: Vector3, aspect: number): Vector3[] {
  const { position, target } = extent.fit(direction, 35, aspect)
  const camera = new PerspectiveCamera(35, aspect, 0.001, 1000)
  camera.position.copy(position)
  camera.lookAt(target)
  camera.updateMatrixWorld()
  const corners: Vector3[] = []
  for (const [x, y] of [[-4, 0], [4, 2]] as const) {
    for (let index = 0; index < 8; index++) corners.push(new Vector3(x + (index & 1 ? 1 : -1), y + (index & 2 ? 1 : -1), index & 4 ? 1 : -1).project(camera))
  }
  return corners
}

for (const [name, direction, aspect] of [
  ['three quarters', new Vector3(0.9, 0.62, 1.15).normalize(), 16 / 9],
  ['the front', new Vector3(0, 0, 1), 1],
  ['the side, on a phone', new Vector3(1, 0.2, 0).normalize(), 9 / 16],
  ['straight above', new Vector3(0, 1, 0), 4 / 3]
] as const) {
  t.test(`a fitted model is all in the picture, as large as it goes: from ${name}`, async t => {
    const corners = seen(new Extent(bench), direction, aspect)
    const reach = Math.max(...corners.flatMap(({ x, y }) => [Math.abs(x), Math.abs(y)]))
    t.ok(reach <= 1, 'nothing is cut off')
    t.ok(reach > 0.9, `it fills the picture (${reach.toFixed(3)})`)
  })
}

t.test('a model of a single point can be looked at', async t => {
  const { position, target } = new Extent({ min: [1, 1, 1], max: [1, 1, 1], parts: [], instances: [] }).fit(new Vector3(0, 0, 1), 35, 1)
  t.ok(position.distanceTo(target) > 0)
  t.ok(Number.isFinite(position.z))
})
