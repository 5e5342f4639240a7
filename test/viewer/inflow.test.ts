import t from 'tap'
import { BoxGeometry, type BufferGeometry } from 'three'
import type { SceneMessage, TextureInfo } from '../../src/stream-server/protocol.ts'
import { Finishes } from '../../src/viewer/finishes.ts'
import { PartStore } from '../../src/viewer/part-store.ts'

/** Has types of a browser, which tests have not. */
const source = '../../src/viewer/inflow.ts'
interface Part { part: number, level: number, geometry: BufferGeometry, image: { texture: number, bytes: ArrayBuffer } }
const { Inflow } = await import(source) as { Inflow: new (store: PartStore, textures: readonly TextureInfo[], exhibit: { refined (): void }, finishes: Finishes, changed: () => void) => { put (part: Part): Promise<void> } }

const box = { name: '', min: [0, 0, 0] as [number, number, number], max: [1, 1, 1] as [number, number, number], color: [1, 1, 1, 1] as [number, number, number, number], metallic: 0, roughness: 1, levels: [{ triangles: 12, vertices: 24, error: 0, bytes: 1 }] }
/** The head of a PNG, a pixel high. */
function pixels (width: number): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(33))
  for (const [at, value] of [[0, 0x89504e47], [4, 0x0d0a1a0a], [8, 13], [12, 0x49484452], [16, width], [20, 1]] as const) view.setUint32(at, value)
  return view.buffer
}

const image = { mimeType: 'image/png' as const, width: 1, height: 1, bytes: 1 }
const scene: SceneMessage = {
  type: 'scene',
  model: 'boxes',
  min: [0, 0, 0],
  max: [1, 1, 1],
  nodes: [{ name: '', parent: -1 }],
  parts: [{ ...box, texture: 1 }, box],
  textures: [image, image],
  instances: [0, 1].map(part => ({ part, node: 0, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] })),
  triangles: 24
}

t.test('a file brings the texture of its part and no other', async t => {
  t.intercept(globalThis, 'createImageBitmap' as keyof typeof globalThis, { value: async () => ({ width: 1, height: 1, close: () => {} }) })
  const finishes = new Finishes()
  const laid: number[] = []
  t.intercept(finishes, 'lay', { value: (number: number) => { laid.push(number) } })
  const inflow = new Inflow(new PartStore(scene, finishes), [image, image], { refined: () => {} }, finishes, () => {})
  const put = async (part: number, texture: number, width = 1) => { await inflow.put({ part, level: 0, geometry: new BoxGeometry(), image: { texture, bytes: pixels(width) } }) }
  await put(0, 1)
  for (const [part, texture] of [[0, 0], [0, 2], [0, NaN], [1, 1]] as const) await t.rejects(put(part, texture), { name: 'StreamError', message: /texture/ })
  t.strictSame(laid, [1])
  await t.rejects(put(0, 1, 30_000), { name: 'StreamError', message: 'The stream server sent a picture that is not what it told of it.' }, 'a small file of very many pixels')
})
