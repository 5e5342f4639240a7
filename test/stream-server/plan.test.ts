import t from 'tap'
import { distanceToBox, frustumOf, seesBox } from '../../src/stream-server/csr/frustum.ts'
import { boxStride, placementsOf } from '../../src/stream-server/csr/placement.ts'
import { neededLevel, planChunks } from '../../src/stream-server/csr/plan.ts'
import type { Chunk } from '../../src/stream-server/csr/plan.ts'
import type { InstanceInfo, PartInfo } from '../../src/stream-server/protocol.ts'
import { camera } from './support/viewer.ts'

/** Numbers that look random and are the same every time. */
function dice (seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let value = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}

function part (name: string, half: number, errors: number[]): PartInfo {
  const levels = errors.map((error, i) => ({ triangles: 100 * 4 ** i, vertices: 60 * 4 ** i, error, bytes: 1000 * 4 ** i }))
  return { name, min: [-half, -half, -half], max: [half, half, half], color: [1, 1, 1, 1], metallic: 0, roughness: 1, levels }
}

function placed (part: number, x: number, y: number, z: number, scale = 1): InstanceInfo {
  return { part, node: 0, matrix: [scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, scale, 0, x, y, z, 1] }
}

function randomScene (random: () => number): { parts: PartInfo[], instances: InstanceInfo[] } {
  const parts = Array.from({ length: 12 }, (_, i) => {
    const half = 0.02 + random() * 0.3
    const depth = 1 + Math.floor(random() * 5)
    return part(`p${i}`, half, Array.from({ length: depth }, (_, level) => level === depth - 1 ? 0 : half * 0.5 / 4 ** level * (0.5 + random())))
  })
  const instances = Array.from({ length: 120 }, () => placed(Math.floor(random() * 12), random() * 10 - 5, random() * 4 - 2, random() * 10 - 5, 0.5 + random()))
  return { parts, instances }
}

const never = () => false

t.test('a box is seen when some of it is before the camera', async t => {
  const { viewProjection } = camera(1, [0, 0, 5], [0, 0, 0])
  const frustum = frustumOf(viewProjection)
  const sees = (x: number, y: number, z: number) => seesBox(frustum, placementsOf({ parts: [part('p', 0.5, [0])], instances: [placed(0, x, y, z)] }).boxes, 0)
  t.ok(sees(0, 0, 0))
  t.ok(sees(4, 0, 0), 'half in at the right edge')
  t.notOk(sees(5, 0, 0))
  t.notOk(sees(0, 0, 6), 'behind')
  t.notOk(sees(0, 3, 0))
  t.ok(sees(0, 0, 5), 'around the eye')
})

t.test('the distance to a box is measured to its surface', async t => {
  const { boxes } = placementsOf({ parts: [part('p', 1, [0])], instances: [placed(0, 10, 0, 0, 2)] })
  t.equal(distanceToBox([0, 0, 0], boxes, 0), 8)
  t.equal(distanceToBox([10.5, 1, 1], boxes, 0), 0)
  t.equal(distanceToBox([5, 6, 0], boxes, 0), 5)
  const flat = placementsOf({ parts: [{ ...part('p', 1, [0]), min: [-1, 0, -1], max: [1, 0, 1] }], instances: [placed(0, 0, 0, 0)] })
  t.equal(distanceToBox([0, 3, 0], flat.boxes, 0), 3)
})

t.test('nearer, larger or stricter never asks for a coarser level', async t => {
  const levels = part('p', 1, [0.2, 0.05, 0.012, 0.003, 0])
  const need = (distance: number, scale: number, tolerance: number) => neededLevel(levels, scale, distance, { focal: 900, tolerance })
  const random = dice(7)
  for (let i = 0; i < 500; i++) {
    const [distance, scale, tolerance] = [random() * 100, 0.1 + random() * 5, 0.1 + random() * 10]
    const level = need(distance, scale, tolerance)
    t.ok(need(distance * 0.7, scale, tolerance) >= level && need(distance, scale * 1.3, tolerance) >= level && need(distance, scale, tolerance * 0.8) >= level)
  }
  t.equal(need(0, 1, 1), 4, 'inside it, all of it')
  t.equal(need(1e6, 1, 1), 0)
})

t.test('whatever the scene and the camera, a plan keeps its promises', async t => {
  const random = dice(42)
  for (let round = 0; round < 60; round++) {
    const { parts, instances } = randomScene(random)
    const placements = placementsOf({ parts, instances })
    const view = camera(1, [random() * 8 - 4, random() * 2, random() * 8 - 4], [random(), random(), random()], 0.3 + random() * 4)
    const frustum = frustumOf(view.viewProjection)
    const visible = instances.flatMap((instance, i) => seesBox(frustum, placements.boxes, i * boxStride) ? [i] : [])
    const inSight = new Set(visible.map(i => placements.parts[i]))
    const plan = planChunks(parts, placements, view, never)
    const key = ({ part, level }: Chunk) => `${part}/${level}`

    const first = plan.slice(0, inSight.size)
    t.ok(first.every(({ level }) => level === 0) && new Set(first.map(({ part }) => part)).size === inSight.size, 'first the coarsest of all in sight')
    t.ok(plan.every(({ part }) => inSight.has(part)), 'nothing out of sight')
    t.equal(new Set(plan.map(key)).size, plan.length, 'nothing twice')
    const needed = (i: number) => neededLevel(parts[placements.parts[i] ?? 0] as PartInfo, placements.scales[i] ?? 1, distanceToBox(view.position, placements.boxes, i * boxStride), view)
    const keys = new Set(plan.map(key))
    t.ok(visible.every(i => keys.has(`${placements.parts[i]}/${needed(i)}`)), 'everybody gets the level it needs')
    const asked = new Set(visible.map(i => `${placements.parts[i]}/${needed(i)}`))
    t.ok(plan.every(chunk => chunk.level === 0 || asked.has(key(chunk))), 'no level that nobody needs')
    for (const part of inSight) {
      const levels = plan.filter(chunk => chunk.part === part).map(({ level }) => level)
      t.same(levels, levels.toSorted((a, b) => a - b), 'a part only gets better')
    }

    const half = new Set(plan.filter((_, i) => i < plan.length / 2).map(key))
    const rest = planChunks(parts, placements, view, (part, level) => half.has(`${part}/${level}`))
    t.ok(rest.every(chunk => !half.has(key(chunk)) && keys.has(key(chunk))), 'what was sent is not planned again')
    t.same(planChunks(parts, placements, view, (part, level) => keys.has(`${part}/${level}`)), [], 'after all of it, nothing')
    t.same(planChunks(parts, placements, { ...view, tolerance: view.tolerance * 2 }, (part, level) => keys.has(`${part}/${level}`)), [], 'a laxer view needs nothing more')
  }
})

t.test('of two parts alike, the one that fills more of the screen comes first', async t => {
  const parts = [part('far', 0.2, [0.1, 0.01, 0]), part('near', 0.2, [0.1, 0.01, 0])]
  const placements = placementsOf({ parts, instances: [placed(0, 0, 0, -6), placed(1, 0.5, 0, 0)] })
  const plan = planChunks(parts, placements, camera(1, [0, 0, 3], [0, 0, 0], 0.1), never)
  t.same(plan.map(({ part }) => part).slice(0, 3), [1, 0, 1])
})

t.test('an empty view plans nothing', async t => {
  const parts = [part('p', 0.2, [0])]
  t.same(planChunks(parts, placementsOf({ parts, instances: [placed(0, 0, 0, 50)] }), camera(1, [0, 0, 3], [0, 0, 0]), never), [])
})
