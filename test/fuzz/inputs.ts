import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { NodeIO } from '@gltf-transform/core'
import { unzipSync, strFromU8 } from 'fflate'
import { pictureOf, PictureProblem } from '../../src/stream-server/preparing/picture.ts'
import { box, objText, plyBinary, plyText, stlBinary, stlText, threeMf } from '../stream-server/support/files.ts'
import { triangle } from '../stream-server/support/glb.ts'
import { ballsDocument } from '../stream-server/support/model.ts'
import { textured } from '../stream-server/support/textured.ts'
import type { Pick } from './altered.ts'
import { compressed } from './compressed.ts'
import { conversation } from './conversation.ts'
import { alteredClientMessage, alteredServerMessage, clientEnding, clientMessage, clientTypes, serverEnding, serverMessage, serverTypes } from './messages.ts'
import { problemOf, type Ending } from './model-input.ts'
import { alter3mf, alterAny, alterGlb, alterGltf, alterImage, alterNumbers, alterObj, alterPly, alterStep, alterStl, firstLooks, type Alter } from './model-structure.ts'
import { mutated } from './mutation.ts'
import { fileEnding, partFiles, pictureEnding, pictures } from './parts.ts'

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
  writeFileSync(join(folder, 'looks.mtl'), 'newmtl red\nKd 1 0 0\n')
  const model = (name: string, share: number, seeds: Buffer[], alter: Alter, looks: (bytes: Buffer) => boolean): Kind => {
    const path = join(folder, name)
    return {
      name,
      share,
      read: async pick => {
        const bytes = alterAny(alter)(seeds[pick(seeds.length)] ?? Buffer.alloc(0), pick)
        writeFileSync(path, bytes)
        return { ...await problemOf(path), pastFirst: looks(bytes) }
      }
    }
  }
  const images = [pictures.png, pictures.jpeg]
  const stream = await partFiles()
  const inner = Buffer.from(unzipSync(threeMf(small))['3D/part.model'] ?? [])
  const sparse = triangle({ accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: 'VEC3', sparse: { count: 1, indices: { bufferView: 0, componentType: 5121 }, values: { bufferView: 0 } } }] })
  const copies = triangle({ nodes: [{ mesh: 0, extensions: { EXT_mesh_gpu_instancing: { attributes: { TRANSLATION: 0 } } } }, { children: [0], rotation: [0, 0, 0, 1] }], scenes: [{ nodes: [1] }], extensionsUsed: ['EXT_mesh_gpu_instancing'] })
  return [
    model('a.stl', 100, [stlBinary(small), Buffer.from(stlText(small))], alterStl, firstLooks.stl),
    model('a.ply', 100, [plyBinary(small), plyBinary(small, true), Buffer.from(plyText(small))], alterPly, firstLooks.ply),
    model('a.obj', 100, [Buffer.from(objText([{ name: 'a', material: 'red', box: small }]))], alterObj, firstLooks.obj),
    model('a.3mf', 60, [threeMf(small)], alter3mf, firstLooks.zip),
    model('inner.3mf', 40, [inner], (bytes, pick) => threeMf(small, strFromU8(mutated(bytes, pick))), firstLooks.zip),
    model('a.glb', 150, [triangle(), sparse, copies, Buffer.from(await new NodeIO().writeBinary(ballsDocument({ segments: 4 }))), ...await compressed()], alterGlb, firstLooks.glb),
    model('textured.gltf', 90, images.map((bytes, i) => Buffer.from(textured({ parts: 2, image: { uri: `data:image/${i === 0 ? 'png' : 'jpeg'};base64,${bytes.toString('base64')}` }, colors: true, transform: { offset: [0, 1], rotation: 1 } }))), alterGltf, firstLooks.gltf),
    {
      name: 'images',
      share: 90,
      read: async pick => {
        const bytes = alterAny(alterImage)(images[pick(2)] ?? Buffer.alloc(0), pick)
        return { ...expecting(() => pictureOf(bytes), PictureProblem), pastFirst: firstLooks.image(bytes) }
      }
    },
    { name: 'messages of viewers', share: 90, read: async pick => clientEnding(pick(4) > 0 ? alteredClientMessage(pick) : mutated(Buffer.from(JSON.stringify(clientMessage(clientTypes[pick(clientTypes.length)] ?? 'stay', pick))), pick).toString()) },
    { name: 'messages of servers', share: 90, read: async pick => serverEnding(pick(4) > 0 ? alteredServerMessage(pick) : mutated(Buffer.from(JSON.stringify(serverMessage(serverTypes[pick(serverTypes.length)] ?? 'idle', pick))), pick).toString()) },
    {
      name: 'files of servers',
      share: 90,
      read: async pick => {
        const bytes = alterAny(alterGlb)(stream.files[pick(stream.files.length)] ?? Buffer.alloc(0), pick)
        return { ...await fileEnding(bytes, stream.parts), pastFirst: firstLooks.glb(bytes) }
      }
    },
    {
      name: 'pictures of servers',
      share: 30,
      read: async pick => {
        const [bytes, told] = pick(2) === 0 ? [pictures.png, { mimeType: 'image/png', width: 8, height: 8 } as const] : [pictures.jpeg, { mimeType: 'image/jpeg', width: 16, height: 16 } as const]
        const made = alterAny(alterImage)(bytes, pick)
        return { ...pictureEnding(made, told), pastFirst: firstLooks.image(made) }
      }
    },
    { name: 'conversations', share: 20, read: async pick => await conversation(folder, pick) },
    ...cadFiles().map(({ name, seeds }) => model(name, 1, seeds, name === 'a.step' ? alterStep : alterNumbers, name === 'a.step' ? firstLooks.step : firstLooks.cad))
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

function expecting (read: () => unknown, refusal: new (...given: never[]) => Error): Omit<Ending, 'pastFirst'> {
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
