import t from 'tap'
import { distanceToBox, frustumOf, seesBox } from '../../src/stream-server/csr/frustum.ts'
import { boxStride, placementsOf } from '../../src/stream-server/csr/placement.ts'
import { planWithin } from '../../src/stream-server/csr/budget.ts'
import type { Budget } from '../../src/stream-server/csr/budget.ts'
import { everythingElse } from '../../src/stream-server/csr/everything-else.ts'
import { Planner, neededLevel, wishesFor } from '../../src/stream-server/csr/plan.ts'
import type { Chunk, View } from '../../src/stream-server/csr/plan.ts'
import { exploded, waysOf } from '../../src/stream-server/explosion.ts'
import { memoryOf } from '../../src/stream-server/held-memory.ts'
import type { InstanceInfo, PartInfo } from '../../src/stream-server/protocol.ts'
import { dice } from './support/dice.ts'
import { linearPlan } from './support/linear-plan.ts'
import { camera } from './support/viewer.ts'

function part (name: string, half: number, errors: number[]): PartInfo {
  const levels = errors.map((error, i) => ({ triangles: 100 * 4 ** i, vertices: 60 * 4 ** i, error, bytes: 1000 * 4 ** i }))
  return { name, min: [-half, -half, -half], max: [half, half, half], color: [1, 1, 1, 1], metallic: 0, roughness: 1, levels }
}

function placed (part: number, x: number, y: number, z: number, scale = 1): InstanceInfo {
  return { part, node: 0, matrix: [scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, scale, 0, x, y, z, 1] }
}

function randomScene (random: () => number, count = 120): { parts: PartInfo[], instances: InstanceInfo[] } {
  const parts = Array.from({ length: 12 }, (_, i) => {
    const half = 0.02 + random() * 0.3
    const depth = 1 + Math.floor(random() * 5)
    return part(`p${i}`, half, Array.from({ length: depth }, (_, level) => level === depth - 1 ? 0 : half * 0.5 / 4 ** level * (0.5 + random())))
  })
  const instances = Array.from({ length: count }, () => placed(Math.floor(random() * 12), random() * 10 - 5, random() * 4 - 2, random() * 10 - 5, 0.5 + random()))
  return { parts, instances }
}

const none = (parts: PartInfo[]): Int8Array => new Int8Array(parts.length).fill(-1)
const plain = ({ part, level }: Chunk): Chunk => ({ part, level })
const planOf = (parts: PartInfo[], instances: InstanceInfo[], view: View, held: ArrayLike<number>): Chunk[] =>
  wishesFor(parts, new Planner({ parts, instances }).demands(view), held).map(plain)
/** What is held after chunks have come. */
function after (held: Int8Array, chunks: Chunk[]): Int8Array {
  const now = held.slice()
  for (const { part, level } of chunks) now[part] = level
  return now
}

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
    const plan = planOf(parts, instances, view, none(parts))
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

    const half = after(none(parts), plan.filter((_, i) => i < plan.length / 2))
    const rest = planOf(parts, instances, view, half)
    t.ok(rest.every(chunk => chunk.level > half[chunk.part]! && keys.has(key(chunk))), 'what was sent is not planned again')
    const all = after(none(parts), plan)
    t.same(planOf(parts, instances, view, all), [], 'after all of it, nothing')
    t.same(planOf(parts, instances, { ...view, tolerance: view.tolerance * 2 }, all), [], 'a laxer view needs nothing more')
  }
})

t.test('the tree of boxes plans what a look at every instance plans', async t => {
  const random = dice(11)
  let planned = 0
  for (let round = 0; round < 300; round++) {
    const { parts, instances } = randomScene(random, 1 + Math.floor(random() ** 3 * 900))
    if (round % 5 === 0) for (const { matrix } of instances) matrix[13] = 0 // all in one plane
    const view = camera(1, [random() * 16 - 8, random() * 6 - 3, random() * 16 - 8], [random() * 4 - 2, random(), random()], 0.2 + random() * 6)
    const held = none(parts).map((_, part) => random() < 0.4 ? Math.floor(random() * parts[part]!.levels.length) : -1)
    const plan = planOf(parts, instances, view, held)
    planned += plan.length
    t.same(plan, linearPlan(parts, instances, view, held))
  }
  t.ok(planned > 3000, `${planned} chunks`)
})

t.test('taken apart and with some hidden, it plans as for a scene that stands so, and together again as before', async t => {
  const random = dice(29)
  let planned = 0
  for (let round = 0; round < 60; round++) {
    const { parts, instances } = randomScene(random)
    const box = { min: [-5, -2, -5] as [number, number, number], max: [5, 2, 5] as [number, number, number] }
    const ways = waysOf({ parts, instances, ...box })
    const planner = new Planner({ parts, instances })
    for (const explosion of [random() * 3, random() * 3, 0]) {
      const hidden = Uint8Array.from(instances, () => Number(random() < 0.5))
      const apart = exploded(instances, ways, explosion)
      const view = camera(1, [random() * 40 - 20, random() * 6 - 3, random() * 40 - 20], [random() * 4 - 2, random(), random()], 0.2 + random() * 6)
      planner.displace(ways, explosion)
      const plan = wishesFor(parts, planner.demands(view, undefined, hidden), none(parts)).map(plain)
      planned += plan.length
      t.same(plan, linearPlan(parts, apart.filter((_, i) => hidden[i] === 0), view, none(parts)))
    }
  }
  t.ok(planned > 1000, `${planned} chunks`)
})

t.test('a budget is kept at every step, is used for what helps most, and the same view plans nothing more', async t => {
  const random = dice(5)
  let drops = 0
  let coarser = 0
  let again = 0
  for (let round = 0; round < 150; round++) {
    const { parts, instances } = randomScene(random)
    for (const instance of instances) if (random() < 0.1) instance.matrix[0] = -instance.matrix[0]!
    const planner = new Planner({ parts, instances })
    const budget: Budget = { bytes: Math.floor(10_000 + random() ** 3 * 4e6), triangles: Math.floor(2000 + random() ** 2 * 3e6) }
    const held = none(parts)
    const lastSeen = new Uint32Array(parts.length)
    const given = new Set<string>()
    for (let step = 1; step <= 6; step++) {
      const view = camera(1, [random() * 8 - 4, random() * 2, random() * 8 - 4], [random(), random(), random()], 0.2 + random())
      const demands = planner.demands(view)
      for (const part of demands.parts) lastSeen[part] = step
      const cost = () => ({
        bytes: held.reduce((sum, level, part) => sum + demands.copies[part]! * memoryOf(parts[part]!.levels[level]), 0),
        triangles: held.reduce((sum, level, part) => sum + demands.counts[part]! * (parts[part]!.levels[level]?.triangles ?? 0), 0)
      })
      const { drops: gone, chunks, limited } = planWithin(budget, parts, demands, held, lastSeen)
      drops += gone.length
      for (const part of gone) held[part] = -1
      for (const { part, level } of chunks) {
        if (level < held[part]!) coarser++
        if (given.has(`${part}/${level}`)) again++
        given.add(`${part}/${level}`)
        held[part] = level
        const { bytes, triangles } = cost()
        if (level > 0 && (bytes > budget.bytes || triangles > budget.triangles)) {
          const coming = chunks.slice(chunks.findIndex(each => each.part === part && each.level === level) + 1)
          t.notOk(coming.every(each => each.level >= held[each.part]!), 'over the budget only until what is too fine has become coarser')
        }
      }
      const { bytes, triangles } = cost()
      if (bytes > budget.bytes || triangles > budget.triangles) t.fail(`${bytes} of ${budget.bytes} bytes, ${triangles} of ${budget.triangles} triangles`)
      t.same(planWithin(budget, parts, demands, held, lastSeen), { drops: [], chunks: [], limited })
      if (!limited) t.same(wishesFor(parts, demands, held), [], 'what is seen is there')
    }
  }
  t.ok(drops > 50 && coarser > 20 && again > 50, `${drops} drops, ${coarser} times coarser, ${again} sent again`)
})

t.test('without a budget nothing is ever given up', async t => {
  const random = dice(6)
  const { parts, instances } = randomScene(random)
  const planner = new Planner({ parts, instances })
  let held = none(parts)
  for (let step = 0; step < 30; step++) {
    const demands = planner.demands(camera(1, [random() * 8 - 4, random() * 2, random() * 8 - 4], [random(), random(), random()], 0.2 + random()))
    const plan = planWithin({ bytes: Infinity, triangles: Infinity }, parts, demands, held, new Uint32Array(parts.length))
    t.match(plan, { drops: [], limited: false })
    t.ok(plan.chunks.every(({ part, level }) => level > held[part]!))
    held = after(held, plan.chunks)
  }
})

t.test('everything else is all the rest, coarse first, as far as the budget goes', async t => {
  const parts = [part('seen', 0.2, [0.1, 0]), part('behind', 0.2, [0.1, 0.01, 0]), part('behind too', 0.2, [0.1, 0])]
  const instances = [placed(0, 0, 0, 0), placed(1, 0, 0, 50), placed(2, 0, 0, 60)]
  const demands = new Planner({ parts, instances }).demands(camera(1, [0, 0, 3], [0, 0, 0], 0.1))
  const unlimited = { bytes: Infinity, triangles: Infinity }
  const plan = planWithin(unlimited, parts, demands, none(parts), [0, 0, 0])
  t.same(plan.chunks.map(plain), [{ part: 0, level: 0 }, { part: 0, level: 1 }])
  t.same(everythingElse(unlimited, parts, demands, none(parts), plan, new Set([0, 1, 2])), [{ part: 1, level: 0 }, { part: 2, level: 0 }, { part: 2, level: 1 }, { part: 1, level: 2 }])
  t.same(everythingElse(unlimited, parts, demands, none(parts), plan, new Set([0, 2])), [{ part: 2, level: 0 }, { part: 2, level: 1 }], 'but for what is hidden')
  const tight = { bytes: memoryOf(parts[0]?.levels[1]) + 2 * memoryOf(parts[1]?.levels[0]), triangles: Infinity }
  t.same(everythingElse(tight, parts, demands, none(parts), plan, new Set([0, 1, 2])), [{ part: 1, level: 0 }, { part: 2, level: 0 }])
})

t.test('of two parts alike, the one that fills more of the screen comes first', async t => {
  const parts = [part('far', 0.2, [0.1, 0.01, 0]), part('near', 0.2, [0.1, 0.01, 0])]
  const plan = planOf(parts, [placed(0, 0, 0, -6), placed(1, 0.5, 0, 0)], camera(1, [0, 0, 3], [0, 0, 0], 0.1), none(parts))
  t.same(plan.map(({ part }) => part).slice(0, 3), [1, 0, 1])
})

t.test('an empty view plans nothing', async t => {
  const parts = [part('p', 0.2, [0])]
  t.same(planOf(parts, [placed(0, 0, 0, 50)], camera(1, [0, 0, 3], [0, 0, 0]), none(parts)), [])
})
