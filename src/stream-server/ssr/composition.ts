import { distanceToBox, frustumOf } from '../csr/frustum.ts'
import type { Frustum } from '../csr/frustum.ts'
import { InstanceIndex } from '../csr/instance-index.ts'
import { boxStride, placementsOf } from '../csr/placement.ts'
import type { Placements } from '../csr/placement.ts'
import { neededLevel } from '../csr/plan.ts'
import type { Chunk, View } from '../csr/plan.ts'
import { exploded, waysOf } from '../explosion.ts'
import { inPieces } from '../pieces.ts'
import type { SceneInPieces } from '../pieces.ts'
import type { InstanceInfo, PartInfo, SceneMessage } from '../protocol.ts'
import type { Arrangement } from './arrangement.ts'
import { guard } from './clipper.ts'
import type { Framebuffer } from './framebuffer.ts'
import type { Geometry } from './geometry.ts'
import type { GeometryStore, Kept } from './geometry-store.ts'
import { surfaceOf, unit } from './lighting.ts'
import type { Surface } from './lighting.ts'
import { outline } from './outline.ts'
import type { Skin } from './textures/skin.ts'
import type { TextureStore, TextureWish } from './textures/texture-store.ts'

/** One look at the scene. */
export interface Shot {
  view: View
  /** Packed. */
  background: number
  /** Of a series whose mean has smooth edges: 0 is the plain picture. */
  sample: number
}

/** One copy of one part in the picture. */
export interface Figure<T, U> {
  geometry: T
  /** What lies on it: a texture, or null where only its corners have colours. Absent: it is plain. */
  adornment?: { texture: U | null }
  /** Number of the scene's instance plus one. */
  id: number
  /** Column-major 4×4: world from the part's coordinates. */
  matrix: ArrayLike<number>
  surface: Surface
  /** Unit vector to the eye, from the middle of the whole instance. */
  toEye: [number, number, number]
  /** Covered pixels out of 16; 16 is opaque. */
  cover: number
  /** Shifts the pattern of covered pixels, 0 to 15. */
  phase: number
  /** Nothing of it needs to be cut. */
  whole: boolean
  /** Seen is where ax + by + cz + d >= 0; null where nothing of it has to be cut there. */
  section: Plane | null
  /** It is a solid that is cut open, and one looks in: its inside looks like the face of the cut. */
  isCutOpen: boolean
}

/** How the figures of a picture are drawn. */
export interface Drawing<T, U> {
  /** Whether a box can be left out for what is drawn already. `boxes` holds at `at` its middle and three half edges. */
  isCovered (boxes: Float64Array, at: number): boolean
  draw (figure: Figure<T, U>): void
}

/** What a picture lacks, that first that it lacks most. */
export interface Lacking {
  wanted: Chunk[]
  textures: TextureWish[]
}

export type PaintedScene = Pick<SceneMessage, 'parts' | 'instances' | 'min' | 'max' | 'textures'>
type Plane = readonly [number, number, number, number]

interface Standing extends SceneInPieces {
  explosion: number
  placements: Placements
  index: InstanceIndex
  /** Boxes of the scene's instances, whatever pieces they come in. */
  wholes: Float64Array
}

function standing ({ parts }: PaintedScene, instances: InstanceInfo[], explosion: number): Standing {
  const pieces = inPieces({ parts, instances })
  const placements = placementsOf(pieces)
  const wholes = pieces.instances === instances ? placements.boxes : placementsOf({ parts, instances }).boxes
  return { explosion, ...pieces, placements, index: new InstanceIndex(placements), wholes }
}

/** Opacity of what is only hinted at. */
const ghostly = 0.13
const accent = [1, 0.32, 0.02] as const
/** A picture asks for no more at once. */
const mostWanted = 64

/** Knows what is in a picture of the scene, and how it is shown: whoever draws it, all pictures show the same. */
export class Composition<T extends Kept = Geometry, U = Skin> {
  readonly #scene: PaintedScene
  readonly #arrangement: Arrangement
  readonly #store: GeometryStore<T>
  readonly #textures: TextureStore<U>
  readonly #surfaces: Surface[]
  /** Of what is adorned, where it is plain for want of that. */
  readonly #averages: Surface[]
  /** Where everything stands while the model is taken apart so far. */
  #stands: Standing

  constructor (scene: PaintedScene, store: GeometryStore<T>, textures: TextureStore<U>, arrangement: Arrangement) {
    this.#scene = scene
    this.#arrangement = arrangement
    this.#store = store
    this.#textures = textures
    this.#stands = standing(scene, scene.instances, 0)
    this.#surfaces = this.#stands.parts.map(surfaceOf)
    this.#averages = this.#stands.parts.map((part, i) => part.average === undefined ? this.#surfaces[i]! : surfaceOf({ ...part, color: part.average }))
  }

  /** Has one picture's figures drawn, the nearest first. Answers what it lacks; `null` when it was given up because `superseded` said so. */
  compose ({ view, sample }: Pick<Shot, 'view' | 'sample'>, superseded: () => boolean, drawing: Drawing<T, U>): Lacking | null {
    const arrangement = this.#arrangement
    if (arrangement.explosion !== this.#stands.explosion) this.#explode(arrangement.explosion)
    const { parts, instances, of, placements, wholes } = this.#stands
    const { boxes } = placements
    const { section } = arrangement
    this.#store.turn()
    this.#textures.turn()
    const looked = new Map<number, number>()
    const isBehindCut = section !== null && sideOfPoint(section, view.position) < 0
    const borders = bordersOf(view.viewProjection)
    const { order, distances } = this.#inSight(view)
    const wanted = new Map<string, Chunk & { worth: number }>()
    for (const i of order) {
      if (superseded()) return null
      const whole = of[i]!
      if (arrangement.isHidden(whole)) continue
      const seen = section === null ? 1 : sideOf(section, boxes, i * boxStride)
      if (seen < 0) continue
      if (drawing.isCovered(boxes, i * boxStride)) continue
      const instance = instances[i]!
      const part = parts[instance.part]!
      const distance = distances[i]!
      const level = neededLevel(part, placements.scales[i]!, distance, view)
      const size = (placements.radii[i]! * view.focal / Math.max(distance + placements.radii[i]!, 1e-9)) ** 2
      if (!this.#store.has(instance.part, level)) this.#want(wanted, instance.part, level, size)
      const geometry = this.#store.get(instance.part, level)
      if (geometry === undefined) continue
      const isGhost = arrangement.isGhost(whole)
      if (part.texture !== undefined && geometry.adorned && !isGhost) lower(looked, part.texture, this.#textureLevel(part.texture, geometry.stretch * distance / (view.focal * placements.scales[i]!)))
      const adornment = isGhost ? undefined : this.#adornment(part, geometry)
      const surface = (adornment === undefined && !isGhost ? this.#averages : this.#surfaces)[instance.part]!
      // What is seen through is not filled: its far side is seen everywhere, cut open or not.
      const isCutOpen = isBehindCut && part.solid === true && part.color[3] >= 1 && !isGhost && sideOf(section!, wholes, whole * boxStride) === 0
      const opacity = isGhost ? ghostly : part.color[3]
      drawing.draw({
        geometry,
        ...adornment && { adornment },
        id: whole + 1,
        matrix: instance.matrix,
        surface: arrangement.isSelected(whole) ? { ...surface, red: accent[0], green: accent[1], blue: accent[2] } : surface,
        // By the whole instance, not its piece: where pieces meet nothing is to be seen of it.
        toEye: unit([view.position[0] - wholes[whole * boxStride]!, view.position[1] - wholes[whole * boxStride + 1]!, view.position[2] - wholes[whole * boxStride + 2]!]),
        cover: opacity < 1 ? Math.max(1, Math.round(opacity * 16)) : 16,
        phase: (sample * 7 + whole * 5) & 15,
        whole: seen > 0 && holdsBox(borders, boxes, i * boxStride),
        section: seen > 0 ? null : section,
        isCutOpen
      })
    }
    const textures = [...looked].flatMap(([texture, level]) => this.#textures.ask(texture, level) ?? [])
    return { textures, wanted: [...wanted.values()].sort((a, b) => b.worth - a.worth).slice(0, mostWanted).map(({ part, level }) => ({ part, level })) }
  }

  /** Draws the edges into a picture that is otherwise ready. */
  outline (target: Framebuffer, view: View): void {
    outline(target, view, i => this.#scene.parts[this.#scene.instances[i]!.part]!.color[3] < 1 || this.#arrangement.isGhost(i))
  }

  /** The instances in the picture, the nearest first, so that what lies behind is not drawn over and over. */
  #inSight (view: View): { order: Uint32Array, distances: Float64Array } {
    const { placements: { count, boxes }, index } = this.#stands
    const order = new Uint32Array(count)
    const distances = new Float64Array(count)
    let seen = 0
    index.inSight(frustumOf(view.viewProjection), i => {
      distances[i] = distanceToBox(view.position, boxes, i * boxStride)
      order[seen++] = i
    })
    return { order: order.subarray(0, seen).sort((a, b) => distances[a]! - distances[b]! || a - b), distances }
  }

  #explode (explosion: number): void {
    const { instances } = this.#scene
    this.#stands = standing(this.#scene, explosion === 0 ? instances : exploded(instances, waysOf(this.#scene), explosion), explosion)
  }

  #adornment ({ texture }: PartInfo, { adorned }: Kept): { texture: U | null } | undefined {
    if (!adorned) return undefined
    if (texture === undefined) return { texture: null }
    const kept = this.#textures.get(texture)
    return kept === undefined ? undefined : { texture: kept }
  }

  /** Which copy of a texture is looked at where so much of it lies along a pixel: rather too fine a one, since it may be stretched more in places. */
  #textureLevel (texture: number, share: number): number {
    const { width, height } = this.#scene.textures?.[texture] ?? { width: 1, height: 1 }
    const texels = share * Math.sqrt(width * height)
    return texels > 0 ? Math.max(0, Math.floor(Math.log2(texels) - 0.5)) : 0
  }

  #want (wanted: Map<string, Chunk & { worth: number }>, part: number, level: number, size: number): void {
    const bare = this.#store.get(part, level) === undefined
    if (!bare && !this.#store.hasRoom) return
    // What is not there at all comes first, and comes coarse.
    const chunk = bare ? { part, level: 0, worth: size * 1e12 } : { part, level, worth: size }
    const key = `${chunk.part} ${chunk.level}`
    const known = wanted.get(key)
    if (known === undefined) wanted.set(key, chunk)
    else known.worth += chunk.worth
  }
}

function lower (numbers: Map<number, number>, key: number, value: number): void {
  const known = numbers.get(key)
  if (known === undefined || value < known) numbers.set(key, value)
}

const sideOfPoint = ([a, b, c, d]: Plane, [x, y, z]: readonly [number, number, number]): number => a * x + b * y + c * z + d

/** 1: the box at `at` lies wholly where it is seen, -1: wholly behind the section plane, 0: on both sides. */
function sideOf ([a, b, c, d]: Plane, boxes: Float64Array, at: number): -1 | 0 | 1 {
  const distance = a * boxes[at]! + b * boxes[at + 1]! + c * boxes[at + 2]! + d
  let reach = 1e-9
  for (let axis = at + 3; axis < at + 12; axis += 3) reach += 1.01 * Math.abs(a * boxes[axis]! + b * boxes[axis + 1]! + c * boxes[axis + 2]!)
  return distance > reach ? 1 : distance < -reach ? -1 : 0
}

/** Near plane and the four sides of what is drawn without being cut. */
function bordersOf (m: ArrayLike<number>): Frustum {
  const planes = new Float64Array(20)
  for (let k = 0; k < 4; k++) {
    const [x, y, z, w] = [m[k * 4]!, m[k * 4 + 1]!, m[k * 4 + 2]!, m[k * 4 + 3]!]
    planes[k] = w + z
    planes[4 + k] = guard * w - x
    planes[8 + k] = guard * w + x
    planes[12 + k] = guard * w - y
    planes[16 + k] = guard * w + y
  }
  return planes
}

/** Whether the whole box at `at` lies well inside: quantised corners may stick out a little. */
function holdsBox (planes: Frustum, boxes: Float64Array, at: number): boolean {
  for (let plane = 0; plane < planes.length; plane += 4) {
    const [a, b, c] = [planes[plane]!, planes[plane + 1]!, planes[plane + 2]!]
    const reach = Math.abs(a * boxes[at + 3]! + b * boxes[at + 4]! + c * boxes[at + 5]!) +
      Math.abs(a * boxes[at + 6]! + b * boxes[at + 7]! + c * boxes[at + 8]!) +
      Math.abs(a * boxes[at + 9]! + b * boxes[at + 10]! + c * boxes[at + 11]!)
    if (!(a * boxes[at]! + b * boxes[at + 1]! + c * boxes[at + 2]! + planes[plane + 3]! > reach * 1.01 + 1e-9)) return false
  }
  return true
}
