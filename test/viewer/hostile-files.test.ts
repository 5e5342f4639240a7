import t from 'tap'
import { GlbDecoder } from '../../src/viewer/glb-decoder.ts'
import { pictureAsTold } from '../../src/viewer/received-picture.ts'
import { alterAny, alterGlb, alterImage, firstLooks } from '../fuzz/model-structure.ts'
import { chance } from '../fuzz/mutation.ts'
import { bufferOf, fileEnding, partFiles, pictureEnding, pictures } from '../fuzz/parts.ts'
import { glb } from '../stream-server/support/glb.ts'

const { parts, files } = await partFiles()
const [plain = Buffer.alloc(0), rich = Buffer.alloc(0)] = files

interface View extends Record<string, unknown> { extensions: { EXT_meshopt_compression: Record<string, unknown> } }
interface Document extends Record<string, unknown> {
  asset: { extras: Record<string, unknown> }
  accessors: Array<Record<string, unknown>>
  bufferViews: View[]
  buffers: Array<Record<string, unknown>>
  nodes: Array<Record<string, unknown>>
  meshes: Array<{ primitives: Array<{ attributes: Record<string, unknown> } & Record<string, unknown>> }>
  images?: object[]
}

/** A part's file with something else in its document. */
function changed (file: Buffer, change: (document: Document) => void): Buffer {
  const end = 20 + file.readUInt32LE(12)
  const document = JSON.parse(file.toString('utf8', 20, end)) as Document
  change(document)
  return glb(document, file.subarray(end + 8))
}

const packed = (document: Document, view: number): Record<string, unknown> => document.bufferViews[view]?.extensions.EXT_meshopt_compression ?? {}

/** Triangles as they are, without compression. */
function bare (points: number[], corners: number[]): Buffer {
  const places = Buffer.from(new Float32Array(points).buffer)
  const indices = Buffer.from(new Uint32Array(corners).buffer)
  return glb({
    asset: { version: '2.0', extras: { part: 0, level: 0 } },
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0 }, indices: 1 }] }],
    accessors: [{ bufferView: 0, componentType: 5126, count: points.length / 3, type: 'VEC3' }, { bufferView: 1, componentType: 5125, count: corners.length, type: 'SCALAR' }],
    bufferViews: [{ buffer: 0, byteLength: places.length }, { buffer: 0, byteOffset: places.length, byteLength: indices.length }],
    buffers: [{ byteLength: places.length + indices.length }]
  }, Buffer.concat([places, indices]))
}

t.test('files as they should be are read', async t => {
  const decoder = new GlbDecoder(parts)
  for (const [part, file] of files.entries()) {
    const { geometry, image, ...which } = await decoder.decode(bufferOf(file))
    t.same(which, { part, level: 0 })
    t.equal(geometry.index?.count, 36)
    t.same([geometry.boundingBox?.min.toArray().map(Math.round), geometry.boundingBox?.max.toArray().map(Math.round)], [[0, 0, 0], [1, 2, 3]])
    t.equal(geometry.hasAttribute('uv') && geometry.hasAttribute('color'), part === 1)
    t.same(image && Buffer.from(image.bytes), part === 1 ? pictures.png : undefined)
  }
  t.match(await fileEnding(bare([0, 0, 0, 1, 0, 0, 0, 1, 0], [0, 1, 2]), parts), { end: 'read' })
})

const hostile: Array<[string, Buffer]> = [
  ['nothing', Buffer.alloc(0)],
  ['half a head', plain.subarray(0, 16)],
  ['a head that claims more', Buffer.concat([plain.subarray(0, 8), Buffer.from([255, 255, 255, 127]), plain.subarray(12)])],
  ['a document beyond the end', Buffer.concat([plain.subarray(0, 12), Buffer.from([255, 255, 255, 127]), plain.subarray(16)])],
  ['no binary chunk', glb({}).subarray(0, 24)],
  ['no document', glb([])],
  ['nothing of a stream', changed(plain, ({ asset }) => { delete asset.extras['part'] })],
  ['a part that there is not', changed(plain, ({ asset }) => { asset.extras['part'] = 2 })],
  ['a part by name', changed(plain, ({ asset }) => { asset.extras['part'] = 'length' })],
  ['half a part', changed(plain, ({ asset }) => { asset.extras['part'] = 0.5 })],
  ['a level that there is not', changed(plain, ({ asset }) => { asset.extras['level'] = 1 })],
  ['more vertices than the scene has', changed(plain, ({ accessors }) => { accessors[0]!['count'] = 9 })],
  ['more triangles than the scene has', changed(plain, ({ accessors }) => { accessors[2]!['count'] = 39 })],
  ['half a triangle', changed(plain, ({ accessors }) => { accessors[2]!['count'] = 35 })],
  ['attributes of different lengths', changed(plain, ({ accessors }) => { accessors[1]!['count'] = 7 })],
  ['very many packed vertices', changed(plain, document => { Object.assign(packed(document, 0), { count: 1e9 }); document.bufferViews[0]!['byteLength'] = 8e9 })],
  ['very many packed triangles', changed(plain, document => { Object.assign(packed(document, 2), { count: 3e9 }); document.bufferViews[2]!['byteLength'] = 6e9 })],
  ['packed bytes beyond the file', changed(plain, document => { packed(document, 0)['byteLength'] = 1e6 })],
  ['packed bytes before the file', changed(plain, document => { packed(document, 0)['byteOffset'] = -8 })],
  ['a stride of nothing', changed(plain, document => { packed(document, 0)['byteStride'] = 0 })],
  ['a stride that no decoder has', changed(plain, document => { packed(document, 0)['byteStride'] = 4096 })],
  ['a filter of another stride', changed(plain, document => { packed(document, 0)['filter'] = 'QUATERNION'; packed(document, 0)['byteStride'] = 4 })],
  ['a filter that there is not', changed(plain, document => { packed(document, 0)['filter'] = '__proto__' })],
  ['a mode that there is not', changed(plain, document => { packed(document, 2)['mode'] = 'toString' })],
  ['an accessor of matrices', changed(plain, ({ accessors }) => { accessors[0]!['type'] = 'MAT4' })],
  ['a sparse accessor', changed(plain, ({ accessors }) => { accessors[0]!['sparse'] = { count: 1 } })],
  ['an accessor of nothing', changed(plain, ({ accessors }) => { delete accessors[0]!['bufferView'] })],
  ['an accessor beyond its view', changed(plain, ({ accessors }) => { accessors[0]!['byteOffset'] = 8 })],
  ['bytes of another file', changed(plain, document => { document.buffers[1] = { byteLength: 1e6, uri: 'https://example.com/' }; packed(document, 0)['buffer'] = 1 })],
  ['a place that is no number', changed(plain, ({ nodes }) => { nodes[0]!['translation'] = [0, null, 0] })],
  ['a place that is nowhere', changed(plain, ({ nodes }) => { nodes[0]!['scale'] = [1, 1e300, 1] })],
  ['two nodes', changed(plain, ({ nodes }) => { nodes.push({ mesh: 0 }) })],
  ['points', changed(plain, ({ meshes }) => { meshes[0]!.primitives[0]!['mode'] = 0 })],
  ['no positions', changed(plain, ({ meshes }) => { delete meshes[0]!.primitives[0]!.attributes['POSITION'] })],
  ['many primitives', changed(plain, ({ meshes }) => { meshes[0]!.primitives = Array(1000).fill(meshes[0]!.primitives[0]) as typeof meshes[0]['primitives'] })],
  ['an image that is not there', changed(rich, document => { delete document.images })],
  ['an image by its address', changed(rich, document => { document.images = [{ uri: 'https://example.com/a.png' }] })],
  ['corners that do not exist', bare([0, 0, 0, 1, 0, 0, 0, 1, 0], [0, 1, 3])],
  ['corners far beyond', bare([0, 0, 0, 1, 0, 0, 0, 1, 0], [0, 1, 4294967295])],
  ['positions that are no numbers', bare([0, 0, 0, 1, NaN, 0, 0, 1, 0], [0, 1, 2])],
  ['positions at infinity', bare([0, 0, 0, 1, 0, 0, 0, -Infinity, 0], [0, 1, 2])]
]

for (const [name, file] of hostile) {
  t.test(`a file with ${name} is refused in words`, async t => {
    t.same(await fileEnding(file, parts), { end: 'refused', problem: null })
  })
}

t.test('nothing is fetched, whatever a file names', async t => {
  const asked: unknown[] = []
  t.intercept(globalThis, 'fetch', { value: async (...what: unknown[]) => { asked.push(what); throw new Error('no') } })
  const uri = 'https://example.com/'
  await fileEnding(changed(plain, document => {
    Object.assign(document, { images: [{ uri }], textures: [{ source: 0 }], materials: [{ pbrMetallicRoughness: { baseColorTexture: { index: 0 } }, normalTexture: { index: 0 } }] })
    document.meshes[0]!.primitives[0]!['material'] = 0
  }), parts)
  await fileEnding(changed(plain, ({ buffers, bufferViews }) => { buffers[0]!['uri'] = uri; for (const view of bufferViews) Object.assign(view, { buffer: 0, extensions: undefined }) }), parts)
  t.same(asked, [])
})

t.test('a picture that its head makes larger than was told is never decoded', async t => {
  const png = { mimeType: 'image/png', width: 8, height: 8 } as const
  const jpeg = { mimeType: 'image/jpeg', width: 16, height: 16 } as const
  t.equal(pictureAsTold(bufferOf(pictures.png), png).type, 'image/png')
  t.equal(pictureAsTold(bufferOf(pictures.jpeg), jpeg).size, pictures.jpeg.length)
  const bomb = Buffer.from(pictures.png)
  bomb.writeUInt32BE(100_000, 16)
  const wide = Buffer.from(pictures.jpeg)
  wide.writeUInt16BE(65_500, wide.indexOf(Buffer.from([0xff, 0xc0])) + 7)
  for (const [bytes, told] of [[bomb, png], [wide, jpeg], [pictures.png, jpeg], [pictures.jpeg, png], [pictures.png, { ...png, width: 9 }], [Buffer.from('<svg/>'), png], [Buffer.alloc(0), png]] as const) {
    t.same(pictureEnding(Buffer.from(bytes), told), { end: 'refused', problem: null })
  }
})

t.test('whatever a stream server sends as a file or a picture can be drawn, or is refused in a sentence', async t => {
  const pick = chance(11)
  const counts = { read: 0, refused: 0, pastFirst: 0, pictures: 0 }
  for (let round = 0; round < 4000; round++) {
    const file = alterAny(alterGlb)(files[round % 2] ?? plain, pick)
    const { end, problem } = await fileEnding(file, parts)
    counts[end]++
    if (firstLooks.glb(file)) counts.pastFirst++
    if (problem !== null) t.fail(`file ${round}: ${problem}`)
    const [picture, told] = round % 2 === 0 ? [pictures.png, { mimeType: 'image/png', width: 8, height: 8 } as const] : [pictures.jpeg, { mimeType: 'image/jpeg', width: 16, height: 16 } as const]
    const seen = pictureEnding(alterAny(alterImage)(picture, pick), told)
    if (seen.end === 'read') counts.pictures++
    if (seen.problem !== null) t.fail(`picture ${round}: ${seen.problem}`)
  }
  t.ok(counts.read > 200 && counts.refused > 1000 && counts.pastFirst > 2000 && counts.pictures > 500, JSON.stringify(counts))
})
