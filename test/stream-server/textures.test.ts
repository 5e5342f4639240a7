import { symlink, writeFile } from 'node:fs/promises'
import { deflateSync } from 'node:zlib'
import jpeg from 'jpeg-js'
import { PNG } from 'pngjs'
import t from 'tap'
import { mostAlong, pictureOf } from '../../src/stream-server/preparing/picture.ts'
import { readModel } from '../../src/stream-server/preparing/read-model.ts'
import { settled } from '../../src/stream-server/preparing/settled.ts'
import { Source } from '../../src/stream-server/preparing/source.ts'
import { glbParts } from '../../src/stream-server/single-file/glb-parts.ts'
import { singleFile } from '../../src/stream-server/single-file/single-file.ts'
import { TexturedSource } from '../../src/stream-server/textures/textured-source.ts'
import { textured } from './support/textured.ts'
import { opened, store } from './support/store.ts'

function png (width: number, height: number, color: [number, number, number, number]): Buffer {
  const image = new PNG({ width, height })
  for (let i = 0; i < width * height; i++) image.data.set(color, i * 4)
  return PNG.sync.write(image)
}

t.test('an image is kept as it is where it is small, and made smaller where it is not', async t => {
  const small = png(4, 2, [255, 0, 0, 255])
  t.match(pictureOf(small), { mimeType: 'image/png', width: 4, height: 2, average: [1, 0, 0, 1], bytes: small })
  const huge = pictureOf(png(mostAlong * 2 + 2, 3, [0, 255, 0, 255]))
  t.match([huge.mimeType, huge.width, huge.height], ['image/jpeg', (mostAlong * 2 + 2) >> 2, 1])
  t.ok(huge.bytes.length < 100_000)
  t.equal(pictureOf(png(mostAlong + 2, 2, [0, 255, 0, 128])).mimeType, 'image/png', 'what can be seen through stays so')
  const photo = jpeg.encode({ width: 16, height: 8, data: Buffer.alloc(16 * 8 * 4, 200) }, 90).data
  t.match(pictureOf(photo), { mimeType: 'image/jpeg', width: 16, height: 8 })
})

t.test('a hostile image is refused before it is unpacked', async t => {
  const bomb = png(1, 1, [0, 0, 0, 255])
  bomb.writeUInt32BE(100_000, 16)
  bomb.writeUInt32BE(100_000, 20)
  const liar = png(1, 1, [0, 0, 0, 255])
  liar.writeUInt32BE(8_000, 16)
  liar.writeUInt32BE(8_000, 20)
  const photo = jpeg.encode({ width: 16, height: 8, data: Buffer.alloc(16 * 8 * 4, 200) }, 90).data
  const wide = Buffer.from(photo)
  const frame = wide.indexOf(Buffer.from([0xff, 0xc0]))
  wide.writeUInt16BE(65_535, frame + 5)
  wide.writeUInt16BE(65_535, frame + 7)
  const cases: Array<[string, Uint8Array, RegExp]> = [
    ['a bomb', bomb, /100000 × 100000 pixels/],
    ['one that has less than it claims', liar, /broken/],
    ['a wide JPEG', wide, /65535 × 65535/],
    ['one cut off', png(64, 64, [1, 2, 3, 255]).subarray(0, 60), /broken/],
    ['a JPEG cut off in its head', photo.subarray(0, frame + 6), /neither/],
    ['no image', Buffer.from('GIF89a'), /neither PNG nor JPEG/],
    ['nothing', new Uint8Array(), /neither/],
    ['much that unpacks', Buffer.concat([png(1, 1, [0, 0, 0, 255]).subarray(0, 33), deflateSync(Buffer.alloc(1e7))]), /broken/]
  ]
  for (const [name, bytes, words] of cases) {
    const before = process.memoryUsage().rss
    t.throws(() => pictureOf(bytes), { message: words }, name)
    t.ok(process.memoryUsage().rss - before < 500e6, 'and takes no memory')
  }
})

t.test('textures and colours go from the file to the viewer, each image once', async t => {
  const { open, file } = await store(t)
  await writeFile(file('a.gltf'), textured({ parts: 3, image: { uri: 'skin.png' }, colors: true }))
  await writeFile(file('skin.png'), png(8, 8, [255, 0, 0, 255]))
  const pack = await opened(t, open(file('a.gltf')))
  const { scene } = pack
  t.match(scene.textures, [{ mimeType: 'image/png', width: 8, height: 8 }])
  t.match(scene.parts.map(({ texture, vertexColors }) => [texture, vertexColors]), [[0, true], [0, true], [0, true]])
  t.match(scene.parts[0]?.average?.map(value => Math.round(value * 100) / 100), [0.5, 0, 0, 1], 'red, of vertices half as bright')
  t.same([scene.parts[0]?.metallic, scene.parts[0]?.roughness], [0.75, 0.25])

  const source = new TexturedSource(pack)
  const first = glbParts(await source.read(1, 0))
  t.match(first.json, { asset: { extras: { part: 1, level: 0, texture: 0 } }, images: [{ mimeType: 'image/png', bufferView: 5 }] })
  const { byteOffset = 0, byteLength = 0 } = first.json.bufferViews[5] ?? {}
  t.same(first.binary.subarray(byteOffset, byteOffset + byteLength), await pack.readTexture(0))
  t.match(Object.keys(first.json.meshes[0]?.primitives[0]?.attributes ?? {}), ['POSITION', 'NORMAL', 'TEXCOORD_0', 'COLOR_0'])
  t.notOk('images' in glbParts(await source.read(0, 0)).json, 'once')
  source.uncertain(part => part === 0)
  t.notOk('images' in glbParts(await source.read(2, 0)).json, 'whoever holds a part with it has it, after a lost network too')
  source.uncertain(() => false)
  t.ok('images' in glbParts(await source.read(2, 0)).json, 'else it is sent again')

  await singleFile(pack)
  const again = settled(await readModel(await Source.open(`${pack.folder}/single-1.glb`)))
  t.match(again.parts.map(({ texture }) => texture), [0, 0, 0])
  t.match(again.textures, [{ width: 8, height: 8, average: [1, 0, 0, 1] }])
  t.ok(again.parts[0]?.mesh.colors)
})

t.test('an image that is in two files is sent once; where it lies is moved and turned as the file says', async t => {
  const { file } = await store(t)
  const skin = png(8, 8, [255, 0, 0, 255])
  await writeFile(file('a.gltf'), textured({ parts: 2, image: { uri: `data:image/png;base64,${skin.toString('base64')}` }, secondImage: { uri: 'skin.png' }, transform: { offset: [0.5, 0], scale: [2, 2], rotation: Math.PI / 2 } }))
  await writeFile(file('skin.png'), skin)
  const { parts, textures } = settled(await readModel(await Source.open(file('a.gltf'))))
  t.equal(textures.length, 1)
  t.same(parts.map(({ texture }) => texture), [0, 0])
  t.same([...parts[0]?.mesh.uvs ?? []].map(value => Math.round(value * 1000) / 1000), [0.5, 0, 0.5, -2, 2.5, 0])
})

t.test('an image that cannot be had costs the texture only, and the log says why', async t => {
  const { folder, file } = await store(t)
  await writeFile(`${folder}/secret.png`, png(8, 8, [1, 2, 3, 255]))
  await symlink(`${folder}/secret.png`, file('link.png'))
  await writeFile(file('cut.png'), png(64, 64, [1, 2, 3, 255]).subarray(0, 60))
  const cases: Array<[object, RegExp]> = [
    [{ uri: 'missing.png' }, /"missing.png" is left out: the file "missing.png" it needs is missing/],
    [{ uri: '../secret.png' }, /lies outside its folder/],
    [{ uri: 'link.png' }, /lies outside its folder/],
    [{ uri: 'http://127.0.0.1/a.png' }, /lies outside its folder/],
    [{ uri: '%' }, /its name cannot be read/],
    [{ uri: 'cut.png' }, /broken or truncated/],
    [{ bufferView: 99 }, /has no bytes/]
  ]
  for (const [image, words] of cases) {
    await writeFile(file('a.gltf'), textured({ parts: 1, image }))
    const { parts, textures, warnings } = settled(await readModel(await Source.open(file('a.gltf'))))
    t.match(warnings, [words])
    t.same([parts[0]?.texture, textures.length], [undefined, 0])
  }
})
