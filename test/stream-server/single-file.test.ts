import { readdir, readFile, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { NodeIO } from '@gltf-transform/core'
import { EXTMeshGPUInstancing, EXTMeshoptCompression, KHRMeshQuantization } from '@gltf-transform/extensions'
import { MeshoptDecoder } from 'meshoptimizer'
import t from 'tap'
import { readModel } from '../../src/stream-server/preparing/read-model.ts'
import { settled } from '../../src/stream-server/preparing/settled.ts'
import { Source } from '../../src/stream-server/preparing/source.ts'
import { placesOf } from '../../src/stream-server/single-file/places.ts'
import { singleFile } from '../../src/stream-server/single-file/single-file.ts'
import { programs } from './support/bundle.ts'
import { triangle } from './support/glb.ts'
import { writeBalls } from './support/model.ts'
import { opened, store } from './support/store.ts'

t.test('a single file holds every part once, at its finest, and its copies as instances', async t => {
  const { open, file } = await store(t)
  await writeBalls(file('balls.glb'), { copies: 5, segments: 48 })
  const pack = await opened(t, open(file('balls.glb')))
  const bytes = await singleFile(pack)
  const glb = await readFile(`${pack.folder}/single-1.glb`)
  t.equal(glb.length, bytes)
  await MeshoptDecoder.ready
  const document = await new NodeIO().registerExtensions([EXTMeshGPUInstancing, EXTMeshoptCompression, KHRMeshQuantization]).registerDependencies({ 'meshopt.decoder': MeshoptDecoder }).readBinary(glb)
  const [mesh, ...others] = document.getRoot().listMeshes()
  t.same(others, [])
  t.equal((mesh?.listPrimitives()[0]?.getIndices()?.getCount() ?? 0) / 3, pack.scene.parts[0]?.levels.at(-1)?.triangles)
  t.match(document.getRoot().listMaterials()[0]?.getBaseColorFactor().map(value => Math.round(value * 100) / 100), [0.8, 0.1, 0.05, 1])
  t.equal((document.getRoot().getAsset().extras as { scene: { instances: unknown[] } }).scene.instances.length, 5)

  // What we make, we read: the same places, to the grid.
  const again = settled(await readModel(await Source.open(`${pack.folder}/single-1.glb`)))
  t.equal(again.instances.length, 5)
  t.same(again.instances.map(({ matrix }) => Math.round(((matrix[12] ?? 0) + again.origin[0]) * 1000) / 1000), [0, 1, 2, 3, 4])
  t.equal(await singleFile(pack), bytes, 'it is made once')
  t.same((await readdir(pack.folder)).filter(name => name.startsWith('single')), ['single-1.glb'], 'and nothing else is left')
})

t.test('a mirrored copy stands by itself, since loaders turn it inside out otherwise', async t => {
  const { open, file } = await store(t)
  await writeFile(file('a.glb'), triangle({ scenes: [{ nodes: [0, 1] }], nodes: [{ mesh: 0 }, { mesh: 0, scale: [-1, 1, 1] }] }))
  const pack = await opened(t, open(file('a.glb')))
  await singleFile(pack)
  const again = settled(await readModel(await Source.open(`${pack.folder}/single-1.glb`)))
  t.same(again.instances.map(({ matrix }) => Math.sign(matrix[0] ?? 0)).sort(), [-1, 1])
})

t.test('places are taken apart where they can be', async t => {
  const c = Math.SQRT1_2
  const turned = placesOf([[c * 2, c * 2, 0, 0, -c * 3, c * 3, 0, 0, 0, 0, 4, 0, 7, 8, 9, 1]])
  const near = (values: number[] = []) => values.map(value => Math.round(value * 1000) / 1000)
  t.same([near(turned?.translations), near(turned?.scales), near(turned?.rotations)], [[7, 8, 9], [2, 3, 4], [0, 0, 0.383, 0.924]])
  for (const axis of [0, 1, 2]) {
    const half = [0, 1, 2].flatMap(column => [0, 1, 2, 3].map(row => row === column ? (row === axis ? 1 : -1) : 0))
    t.same(placesOf([[...half, 0, 0, 0, 1]])?.rotations.map(Math.abs).map(Math.round), [0, 1, 2, 3].map(i => Number(i === axis)), 'half a turn')
  }
  t.equal(placesOf([[-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]]), null, 'mirrored')
  t.equal(placesOf([[1, 0, 0, 0, 0.5, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]]), null, 'sheared')
  t.equal(placesOf([[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]]), null, 'flat')
})

t.test('the program tells how far it is and how it ended', async t => {
  const { folder, file } = await store(t)
  const { export: program } = await programs()
  const run = async (model: string) => await new Promise<{ code: unknown, lines: Array<Record<string, unknown>> }>(resolve => {
    execFile(process.execPath, [program, model, `${folder}/models`, folder, '1000000000'], (error, stdout) => {
      resolve({ code: error?.code ?? 0, lines: stdout.trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>) })
    })
  })
  await writeBalls(file('balls.glb'))
  const made = await run('balls')
  t.equal(made.code, 0)
  t.match(made.lines.at(-1), { made: /^[0-9a-f]{40}$/, bytes: Number })
  t.ok(made.lines.some(({ percent }) => percent === 0))
  t.match(await run('nothing'), { code: 1, lines: [{ refused: 'unknown_model', message: 'There is no model "nothing".' }] })
  await writeFile(file('bad.glb'), 'glTF')
  t.match((await run('bad')).lines.at(-1), { refused: 'bad_model', message: /truncated/ })
})
