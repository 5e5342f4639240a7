import t from 'tap'
import type { PartInfo } from '../../src/stream-server/protocol.ts'
import { Arrangement } from '../../src/stream-server/ssr/arrangement.ts'
import { Framebuffer } from '../../src/stream-server/ssr/framebuffer.ts'
import { GeometryStore } from '../../src/stream-server/ssr/geometry-store.ts'
import { InstancePainter } from '../../src/stream-server/ssr/instance-painter.ts'
import { hatched, hatchPeriod, Lighting, surfaceOf } from '../../src/stream-server/ssr/lighting.ts'
import { isOccluded } from '../../src/stream-server/ssr/occlusion.ts'
import { Painter } from '../../src/stream-server/ssr/painter.ts'
import { decodeGeometry } from '../../src/stream-server/ssr/geometry.ts'
import type { Geometry } from '../../src/stream-server/ssr/geometry.ts'
import { Skin } from '../../src/stream-server/ssr/textures/skin.ts'
import { TextureStore } from '../../src/stream-server/ssr/textures/texture-store.ts'
import { dice } from './support/dice.ts'
import { camera } from './support/viewer.ts'

const [width, height] = [160, 90]

/** A ball of `2 × rows²` triangles, as it lies in a pack, with a radius of 1. */
function ball (rows: number): Geometry {
  const positions: number[] = []
  const normals: number[] = []
  const indices: number[] = []
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= rows; column++) {
      const [polar, around] = [row * Math.PI / rows, column * 2 * Math.PI / rows]
      const unit = [Math.sin(polar) * Math.cos(around), Math.cos(polar), Math.sin(polar) * Math.sin(around)]
      positions.push(...unit.map(value => Math.round(value * 32767)), 0)
      normals.push(...unit.map(value => Math.round(value * 127)), 0)
      if (row === rows || column === rows) continue
      const at = row * (rows + 1) + column
      indices.push(at, at + 1, at + rows + 1, at + 1, at + rows + 2, at + rows + 1)
    }
  }
  return { positions: new Int16Array(positions), normals: new Int8Array(normals), indices: new Uint16Array(indices), center: [0, 0, 0], scale: 1 / 32767, adorned: false, stretch: 0, closed: true, bytes: 0 }
}

/** A cube that fills its box; its corners have one normal. */
const cube: Geometry = {
  ...ball(1),
  positions: new Int16Array([0, 1, 2, 3, 4, 5, 6, 7].flatMap(i => [i & 1, i >> 1 & 1, i >> 2].map(value => value * 65534 - 32767).concat(0))),
  normals: new Int8Array(8 * 4).fill(70),
  indices: new Uint16Array([0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5])
}

t.test('what is left out because it is hidden, or too small for a pixel, changes no pixel', async t => {
  const random = dice(5)
  const { viewProjection, position } = camera(1, [0, 0, 12], [0, 0, 0])
  const lighting = new Lighting([1, 0, 0], [0, 1, 0], [0, 0, 1])
  const solids = [cube, ball(12), ball(40)]
  let hidden = 0
  for (let round = 0; round < 40; round++) {
    const painter = new InstancePainter()
    const instances = Array.from({ length: 60 }, (_, i) => {
      const [x, y, z] = [(random() - 0.5) * 6, (random() - 0.5) * 3, (random() - 0.5) * 8] as const
      const radius = 0.02 + random() ** 3 * 1.6
      const mirrored = i % 5 === 0 ? -1 : 1
      return { id: i + 1, geometry: solids[i % 3]!, box: [x, y, z, radius, 0, 0, 0, radius, 0, 0, 0, radius], matrix: [radius * mirrored, 0, 0, 0, 0, radius, 0, 0, 0, 0, radius, 0, x, y, z, 1] }
    }).sort((a, b) => b.box[2]! - a.box[2]!)
    const draw = (target: Framebuffer, { id, geometry, matrix }: typeof instances[number]) => {
      lighting.aim({ red: id / 60, green: 0.5, blue: 1 - id / 60, specular: 0.1, shininess: 20 }, [0, 0, 1])
      painter.draw(target, { id, cover: 16, phase: 0, hatching: null }, geometry, { matrix, viewProjection, jitter: [0.3, -0.2], whole: true, section: null, inside: null, skin: null, sharpness: 1 }, lighting)
    }
    const quick = new Framebuffer(width, height)
    quick.clear(0xffffffff)
    for (const instance of instances) {
      if (isOccluded(quick, viewProjection, instance.box, 0)) hidden++
      else draw(quick, instance)
    }
    // From the farthest to the nearest nothing is behind what is there.
    const whole = new Framebuffer(width, height)
    whole.clear(0xffffffff)
    for (const instance of instances.toReversed()) draw(whole, instance)
    t.ok(Buffer.from(quick.ids.buffer).equals(Buffer.from(whole.ids.buffer)))
    t.ok(Buffer.from(quick.color.buffer).equals(Buffer.from(whole.color.buffer)))
    t.ok(new Set(quick.ids).size > 4)
  }
  t.ok(hidden > 200, `${hidden} are hidden`)
  t.notOk(isOccluded(new Framebuffer(width, height), viewProjection, [0, 0, position[2], 0.1, 0, 0, 0, 0.1, 0, 0, 0, 0.1], 0), 'what the eye is in is not hidden')
})

t.test('the inside of what is open is lit from within', async t => {
  const { viewProjection } = camera(1, [0, 0, 4], [0, 0, 0])
  const lighting = new Lighting([1, 0, 0], [0, 1, 0], [0, 0, 1])
  lighting.aim({ red: 0.5, green: 0.5, blue: 0.5, specular: 0, shininess: 20 }, [0, 0, 1])
  const paint = (geometry: Geometry) => {
    const target = new Framebuffer(width, height)
    target.clear(0xffffffff)
    new InstancePainter().draw(target, { id: 1, cover: 16, phase: 0, hatching: null }, geometry, { matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], viewProjection, jitter: [0, 0], whole: true, section: null, inside: null, skin: null, sharpness: 1 }, lighting)
    return target
  }
  const solid = ball(24)
  const outside = paint(solid)
  const middle = height / 2 * width + width / 2
  // The half that is turned away, seen from inside: as bright as the half that faces us, which is its mirror image.
  const back = solid.indices.filter((_, i, all) => {
    const corner = i - i % 3
    return [0, 1, 2].every(k => solid.positions[all[corner + k]! * 4 + 2]! <= 0)
  })
  const inside = paint({ ...solid, indices: back, closed: false })
  t.equal(inside.ids[middle], 1)
  t.ok(Math.abs((inside.color[middle]! & 255) - (outside.color[middle]! & 255)) < 12, `${inside.color[middle]! & 255} and ${outside.color[middle]! & 255}`)
  t.equal(paint({ ...solid, indices: back }).ids[middle], 0, 'of a solid only the outside is painted')
})

/** Has geometry that was never packed, one level of each part. */
class OpenStore extends GeometryStore {
  readonly #geometries: Geometry[]

  constructor (geometries: Geometry[]) {
    super(0, 0, decodeGeometry)
    this.#geometries = geometries
  }

  override has (): boolean { return true }
  override get (part: number): Geometry | undefined { return this.#geometries[part] }
}

const nothing = new TextureStore([], 0, pyramid => new Skin(pyramid))

t.test('a solid in pieces looks like one in one piece, whole and cut open', async t => {
  const solid = { ...ball(40), closed: false }
  const levels = [{ error: 0, triangles: 3200, vertices: 1681, bytes: 0 }]
  const part: PartInfo = { name: 'Ball', min: [-1, -1, -1], max: [1, 1, 1], color: [0.2, 0.3, 0.7, 1], metallic: 1, roughness: 0.3, solid: true, levels }
  const pieces = [{ min: [-1, -1, -1], max: [0, 1, 1], levels }, { min: [0, -1, -1], max: [1, 1, 1], levels }] as NonNullable<PartInfo['pieces']>
  const halves = [-1, 1].map(side => ({
    ...solid,
    indices: solid.indices.filter((_, i, all) => {
      const corner = i - i % 3
      return (solid.positions[all[corner]! * 4]! + solid.positions[all[corner + 1]! * 4]! + solid.positions[all[corner + 2]! * 4]! > 0) === (side > 0)
    })
  }))
  const scene = (part: PartInfo) => ({ parts: [part], instances: [{ part: 0, node: 0, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }], min: part.min, max: part.max })
  const arrangement = new Arrangement(1)
  const paint = (painter: Painter, section: [number, number, number, number] | null) => {
    arrangement.style({ ghosts: false, edges: false, explosion: 0, section })
    const target = new Framebuffer(width, height, { color: new Uint32Array(width * height), instances: 1 })
    painter.paint(target, { view: camera(1, [-3, 0.6, 2], [0, 0, 0]), background: 0xffffffff, sample: 0 }, () => false)
    return target
  }
  const whole = new Painter(scene(part), new OpenStore([solid]), nothing, arrangement)
  const split = new Painter(scene({ ...part, levels: [], pieces }), new OpenStore(halves), nothing, arrangement)
  const apart = (section: [number, number, number, number] | null) => {
    const [a, b] = [paint(whole, section), paint(split, section)]
    t.ok(new Set(a.ids).size === 2)
    return a.color.reduce((sum, value, i) => sum + Number(value !== b.color[i]), 0)
  }
  t.equal(apart(null), 0, 'the highlight does not jump')
  t.equal(apart([1, 0, 0, 0.3]), 0, 'the piece that the plane leaves whole shows the face of the cut too')
})

t.test('the face of a cut is hatched in one colour, seen from where it was cut off, and only there', async t => {
  const solid = ball(40)
  const part: PartInfo = { name: 'Ball', min: [-1, -1, -1], max: [1, 1, 1], color: [0.6, 0.1, 0.1, 1], metallic: 0, roughness: 0.3, solid: true, levels: [{ error: 0, triangles: 3200, vertices: 1681, bytes: 0 }] }
  const scene = { parts: [part], instances: [{ part: 0, node: 0, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }], min: part.min, max: part.max }
  const arrangement = new Arrangement(1)
  arrangement.style({ ghosts: false, edges: false, explosion: 0, section: [0, 0, -1, 0] })
  const paint = (painted: PartInfo, position: [number, number, number], sample = 0) => {
    const target = new Framebuffer(width, height)
    new Painter({ ...scene, parts: [painted] }, new OpenStore([solid]), nothing, arrangement).paint(target, { view: camera(1, position, [0, 0, 0]), background: 0xffffffff, sample }, () => false)
    return target
  }
  const shades = hatched(surfaceOf(part))
  const isHatched = ({ color, ids }: Framebuffer) => color.reduce((sum, value, at) => sum + Number(ids[at] === 1 && shades.includes(value)), 0) / ids.filter(id => id === 1).length
  t.equal(new Set(shades).size, 3)
  const front = paint(part, [0, 0, 3])
  t.equal(isHatched(front), 1, 'all that is seen from the front is the face')
  const wrong = front.color.filter((value, at) => front.ids[at] === 1 && value !== shades[(at % width + height - Math.floor(at / width)) % hatchPeriod])
  t.equal(wrong.length, 0, 'lines run from the upper left to the lower right')
  const moved = paint(part, [0, 0, 3], 5)
  t.ok(moved.color.every((value, at) => moved.ids[at] !== 1 || front.ids[at] !== 1 || value === front.color[at]), 'and stay where they are in all pictures of a series')
  t.ok(isHatched(paint(part, [0, 0, -3])) < 0.05, 'from behind it is a ball')
  t.ok(isHatched(paint({ ...part, color: [0.6, 0.1, 0.1, 0.5] }, [0, 0, 3])) < 0.2, 'what is seen through is not filled')
  const { solid: _, ...surface } = part
  t.ok(isHatched(paint(surface, [0, 0, 3])) < 0.2, 'nor is what is no solid')
})
