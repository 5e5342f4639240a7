import t from 'tap'
import type { Test } from 'tap'
import { BufferAttribute, BufferGeometry, type Group } from 'three'
import type { SceneMessage } from '../../../src/stream-server/protocol.ts'
import { Finishes } from '../../../src/viewer/finishes.ts'
import { PartStore } from '../../../src/viewer/part-store.ts'
import { Assembly } from '../../../src/viewer/tools/assembly.ts'

/** Has types of a browser, which tests have not. */
const source = '../../../src/viewer/tools/edge-overlay.ts'
interface Overlay { root: Group, busy: boolean, segments: number, set (on: boolean): void, refined (piece: number): void }
const { EdgeOverlay } = await import(source) as { EdgeOverlay: new (assembly: Assembly, store: PartStore, isShown: () => boolean, changed: () => void) => Overlay }

type Corner = [number, number, number]

/** So many triangles that touch nothing, around x. */
function loose (count: number, x: number): BufferGeometry {
  const positions = new Float32Array(count * 9)
  for (let i = 0; i < count; i++) positions.set([x, i, 0, x + 0.5, i, 0, x, i + 0.5, 0], i * 9)
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new BufferAttribute(positions, 3))
  geometry.setAttribute('normal', new BufferAttribute(positions.map((_, i) => i % 3 === 2 ? 1 : 0), 3))
  geometry.setIndex(new BufferAttribute(Uint32Array.from({ length: count * 3 }, (_, i) => i), 1))
  geometry.computeBoundingBox()
  geometry.computeBoundingSphere()
  return geometry
}

/** The edges of a part of so many pieces, each of loose triangles; `frame` is the next frame, and a few pieces take as long as a frame may. */
function drawn (t: Test, pieces: number, triangles: number) {
  const levels = [{ triangles, vertices: triangles * 3, error: 1, bytes: 1 }, { triangles, vertices: triangles * 3, error: 0, bytes: 1 }]
  const scene: SceneMessage = {
    type: 'scene',
    model: 'strips',
    min: [0, 0, 0],
    max: [pieces * 10, triangles, 0],
    nodes: [{ name: '', parent: -1 }],
    parts: [{
      name: 'Strips',
      color: [1, 0, 0, 1],
      metallic: 0,
      roughness: 1,
      min: [0, 0, 0],
      max: [pieces * 10, triangles, 0],
      levels: [],
      pieces: Array.from({ length: pieces }, (_, i) => ({ min: [i * 10, 0, 0] as Corner, max: [i * 10 + 0.5, triangles, 0] as Corner, levels }))
    }],
    instances: [{ part: 0, node: 0, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }],
    triangles: pieces * triangles
  }
  const frames: Array<() => void> = []
  let now = 0
  t.intercept(globalThis, 'requestAnimationFrame' as keyof typeof globalThis, { value: (frame: () => void) => frames.push(frame) })
  t.intercept(performance, 'now', { value: () => { now += 3; return now } })
  const store = new PartStore(scene, new Finishes())
  const overlay = new EdgeOverlay(new Assembly(scene), store, () => true, () => {})
  let joined = 0
  overlay.root.addEventListener('childadded', () => { joined++ })
  return {
    overlay,
    show: (piece: number, level: number) => { store.show(piece, level, loose(triangles, piece * 10)); overlay.refined(piece) },
    frame: () => { frames.shift()?.() },
    settle: () => {
      let count = 0
      while (overlay.busy) { frames.shift()?.(); count++ }
      return count
    },
    joined: () => joined
  }
}

t.test('the pieces of a part are joined once, when all that came of it is drawn', async t => {
  const { overlay, show, settle, joined } = drawn(t, 20, 3)
  for (let piece = 0; piece < 20; piece++) show(piece, 0)
  overlay.set(true)
  t.ok(settle() > 5, 'in many frames')
  t.equal(overlay.segments, 20 * 9)
  t.equal(joined(), 1)
  for (const piece of [3, 7, 11]) show(piece, 1)
  t.equal(overlay.segments, 20 * 9, 'what lay there stays until it is joined anew')
  settle()
  t.equal(joined(), 2)
  t.equal(overlay.segments, 20 * 9)
})

t.test('pieces that come frame by frame are joined now and then', async t => {
  const { overlay, show, frame, settle, joined } = drawn(t, 20, 3)
  overlay.set(true)
  settle()
  for (let piece = 0; piece < 20; piece++) {
    show(piece, 0)
    frame()
  }
  t.ok(joined() < 10, `${joined()} times`)
  settle()
  t.equal(overlay.segments, 20 * 9, 'and in the end')
})

t.test('between pieces that end in too many edges none is drawn', async t => {
  const { overlay, show, settle } = drawn(t, 2, 20_000)
  show(0, 0)
  overlay.set(true)
  settle()
  t.equal(overlay.segments, 60_000)
  show(1, 0)
  settle()
  t.equal(overlay.segments, 0)
  show(1, 1)
  settle()
  t.equal(overlay.segments, 0)
})
