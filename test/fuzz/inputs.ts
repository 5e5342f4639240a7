import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { NodeIO } from '@gltf-transform/core'
import { unzipSync, strFromU8 } from 'fflate'
import jpeg from 'jpeg-js'
import { PNG } from 'pngjs'
import { readMessage } from '../../src/stream-server/client-message.ts'
import { pictureOf, PictureProblem } from '../../src/stream-server/preparing/picture.ts'
import { readServerMessage, StreamError } from '../../src/viewer/server-message.ts'
import { box, objText, plyBinary, plyText, stlBinary, stlText, threeMf } from '../stream-server/support/files.ts'
import { triangle } from '../stream-server/support/glb.ts'
import { ballsDocument } from '../stream-server/support/model.ts'
import { textured } from '../stream-server/support/textured.ts'
import { problemOf, type Ending } from './model-input.ts'
import { mutated } from './mutation.ts'

type Pick = (below: number) => number

/** One kind of input. */
export interface Kind {
  name: string
  /** How often it comes: of so many in all. */
  share: number
  read: (pick: Pick) => Promise<Ending>
}

const small = box([0, 0, 0], [1, 2, 3])

/** Every kind of input there is; files are written to `folder`. */
export async function kinds (folder: string): Promise<Kind[]> {
  const model = (name: string, share: number, seeds: Buffer[], wrap = (bytes: Buffer) => bytes): Kind => {
    const path = join(folder, name)
    return { name, share, read: async pick => { writeFileSync(path, wrap(mutated(seeds[pick(seeds.length)] ?? Buffer.alloc(0), pick))); return await problemOf(path) } }
  }
  const image = new PNG({ width: 8, height: 8 })
  const photo = jpeg.encode({ width: 16, height: 16, data: Buffer.alloc(1024, 99) }, 80).data
  const images = [PNG.sync.write(image), photo]
  writeFileSync(join(folder, 'looks.mtl'), 'newmtl red\nKd 1 0 0\n')
  const cad = cadFiles()
  const messages = [
    { type: 'open', model: 'a', token: 'b' },
    { type: 'camera', seq: 1, viewProjection: Array.from({ length: 16 }, (_, i) => i), position: [1, 2, 3], focal: 500, tolerance: 1, width: 100, height: 100, background: 255 },
    { type: 'received', bytes: 7 }, { type: 'shown', frame: 1 }, { type: 'pick', id: 1, x: 0.5, y: 0.5 }, { type: 'highlight', instance: -1 }
  ].map(each => Buffer.from(JSON.stringify(each)))
  const part = { name: 'a', min: [0, 0, 0], max: [1, 1, 1], color: [1, 1, 1, 1], metallic: 0, roughness: 1, texture: 0, vertexColors: true, levels: [{ triangles: 1, vertices: 3, error: 0, bytes: 9 }] }
  const answers = [
    { type: 'scene', model: 'a', min: [0, 0, 0], max: [1, 1, 1], nodes: [{ name: 'a', parent: -1 }], parts: [part], instances: [{ part: 0, node: 0, matrix: Array.from({ length: 16 }, (_, i) => i) }], textures: [{ mimeType: 'image/png', width: 8, height: 8, bytes: 9 }], triangles: 1 },
    { type: 'idle', seq: 1, chunks: 2, bytes: 3 }, { type: 'frame', number: 1, seq: 1, width: 9, height: 9, top: 0, whole: 9, format: 'png', bytes: 9, triangles: 1, complete: true }, { type: 'preparing', percent: 1, step: 'a' }
  ].map(each => Buffer.from(JSON.stringify(each)))
  const inner = Buffer.from(unzipSync(threeMf(small))['3D/part.model'] ?? [])
  return [
    model('a.stl', 120, [stlBinary(small), Buffer.from(stlText(small))]),
    model('a.ply', 120, [plyBinary(small), plyBinary(small, true), Buffer.from(plyText(small))]),
    model('a.obj', 120, [Buffer.from(objText([{ name: 'a', material: 'red', box: small }]))]),
    model('a.3mf', 60, [threeMf(small)]),
    model('inner.3mf', 60, [inner], bytes => threeMf(small, strFromU8(bytes))),
    model('a.glb', 150, [triangle(), Buffer.from(await new NodeIO().writeBinary(ballsDocument({ segments: 4 })))]),
    model('textured.gltf', 90, images.map((bytes, i) => Buffer.from(textured({ parts: 2, image: { uri: `data:image/${i === 0 ? 'png' : 'jpeg'};base64,${bytes.toString('base64')}` }, colors: true, transform: { offset: [0, 1], rotation: 1 } })))),
    { name: 'images', share: 90, read: async pick => expecting(() => pictureOf(mutated(Buffer.from(images[pick(2)] ?? []), pick)), PictureProblem) },
    { name: 'messages of viewers', share: 90, read: async pick => ({ end: readMessage(mutated(messages[pick(messages.length)] ?? Buffer.alloc(0), pick).toString()).ok ? 'read' : 'refused', problem: null }) },
    { name: 'messages of servers', share: 90, read: async pick => expecting(() => readServerMessage(mutated(answers[pick(answers.length)] ?? Buffer.alloc(0), pick).toString()), StreamError) },
    ...cad.map(({ name, seeds }) => model(name, 1, seeds))
  ]
}

/** Of the files that come with the CAD library, small ones. */
export function cadFiles (): Array<{ name: string, seeds: Buffer[] }> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('occt-import-js/package.json')), 'test/testfiles')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name))
  return Object.entries({ 'a.step': ['.stp', '.step'], 'a.igs': ['.igs', '.iges'], 'a.brep': ['.brep'] }).map(([name, endings]) => ({
    name,
    seeds: files.filter(file => endings.includes(extname(file).toLowerCase()) && statSync(file).size < 100_000).sort().slice(0, 6).map(file => readFileSync(file))
  }))
}

function expecting (read: () => unknown, refusal: new (...given: never[]) => Error): Ending {
  try {
    read()
    return { end: 'read', problem: null }
  } catch (error) {
    return { end: 'refused', problem: error instanceof refusal ? null : (error as Error).stack ?? String(error) }
  }
}

/** A folder for the files of one thread, and what takes it away. */
export function workFolder (): { folder: string, remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-'))
  return { folder, remove: () => { rmSync(folder, { recursive: true, force: true }) } }
}
