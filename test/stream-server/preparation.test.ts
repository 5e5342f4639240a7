import { mkdir, readFile, readdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NodeIO } from '@gltf-transform/core'
import { ALL_EXTENSIONS, EXTMeshGPUInstancing } from '@gltf-transform/extensions'
import { MeshoptDecoder } from 'meshoptimizer'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { self } from '../../src/stream-server/models/owner.ts'
import { readModel } from '../../src/stream-server/preparing/read-model.ts'
import { settled } from '../../src/stream-server/preparing/settled.ts'
import { Source } from '../../src/stream-server/preparing/source.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { modelsFolder } from './support/bundle.ts'
import { ballsDocument, writeBalls, writeDocument } from './support/model.ts'
import { opened, store, wanted } from './support/store.ts'

t.test('a model becomes parts with levels, each a complete GLB', async t => {
  const { open, file, steps, folder } = await store(t)
  await writeBalls(file('balls.glb'))
  const pack = await opened(t, open(file('balls.glb')))
  const [part] = pack.scene.parts
  t.equal(pack.scene.parts.length, 1, 'one mesh used thrice is one part')
  t.match(part, { name: 'Ball', color: [0.8, 0.1, 0.05, 1], metallic: 0.25, roughness: 0.5 })
  t.equal(pack.scene.triangles, 3 * (part?.levels.at(-1)?.triangles ?? 0))
  t.same([pack.scene.min, pack.scene.max].flat().map(value => Math.round(value * 100) / 100), [-0.25, -0.25, -0.25, 2.25, 0.25, 0.25])
  const levels = part?.levels ?? []
  t.ok(levels.length >= 3)
  t.equal(levels.at(-1)?.error, 0)
  t.ok((levels[0]?.triangles ?? 999) <= 300)
  await MeshoptDecoder.ready
  const io = new NodeIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.decoder': MeshoptDecoder })
  for (const [level, info] of levels.entries()) {
    if (level > 0) t.ok(info.triangles > (levels[level - 1]?.triangles ?? 0) && info.error < (levels[level - 1]?.error ?? 0), 'finer is better')
    const glb = await pack.read(0, level)
    const document = await io.readBinary(glb)
    t.same(document.getRoot().getAsset().extras, { part: 0, level })
    const [node] = document.getRoot().listNodes()
    const primitive = node?.getMesh()?.listPrimitives()[0]
    const position = primitive?.getAttribute('POSITION')
    const normal = primitive?.getAttribute('NORMAL')
    t.equal(primitive?.getIndices()?.getCount(), info.triangles * 3)
    t.equal(position?.getCount(), info.vertices)
    const [scale, move] = [node?.getScale()[0] ?? 0, node?.getTranslation() ?? [0, 0, 0]]
    for (let i = 0; i < info.vertices; i++) {
      const point = (position?.getElement(i, []) ?? []).map((value, k) => value * scale + (move[k] ?? 0))
      const [n, length] = [normal?.getElement(i, []) ?? [], Math.hypot(...point)]
      if (Math.abs(length - 0.25) > 1e-4 || point.some((value, k) => Math.abs(value / length - (n[k] ?? 0)) > 0.05)) t.fail(`vertex ${i} is off`)
    }
  }
  t.equal(steps[0], '0 Reading the model')
  t.match(steps.join(), /Preparing Ball/)
  t.same((await readdir(join(folder, 'packs'))).length, 1, 'no draft is left')
})

t.test('equal content is prepared once, whatever its name', async t => {
  const { open, file, steps } = await store(t)
  await writeBalls(file('a.glb'))
  await writeFile(file('b.glb'), await readFile(file('a.glb')))
  await opened(t, open(file('a.glb')))
  steps.length = 0
  await opened(t, open(file('b.glb')))
  await opened(t, open(file('a.glb')))
  t.same(steps, [])
  await writeBalls(file('a.glb'), { copies: 5 })
  t.equal((await opened(t, open(file('a.glb')))).scene.instances.length, 5, 'a changed file is another model')
})

t.test('two processes that prepare one model at once both succeed', async t => {
  const { make, file, folder } = await store(t)
  await writeBalls(file('a.glb'))
  const packs = await Promise.all([1, 2, 3].map(async () => await opened(t, make().open(file('a.glb'), () => {}, wanted))))
  for (const pack of packs) t.ok((await pack.read(0, 0)).length > 0)
  t.equal((await readdir(join(folder, 'packs'))).length, 1)
})

t.test('the draft of a process that was killed is taken away, one being written is not', async t => {
  const { open, file, folder } = await store(t)
  await writeBalls(file('a.glb'))
  const dead = self.replace(/-\d+$/, '-1')
  for (const name of ['.old', '.other', `.draft-${dead}-x`, `.draft-${self}-x`]) await mkdir(join(folder, 'packs', name, 'x'), { recursive: true })
  const longAgo = new Date(Date.now() - 2 * 86_400_000)
  await utimes(join(folder, 'packs', '.old'), longAgo, longAgo)
  await opened(t, open(file('a.glb')))
  t.same((await readdir(join(folder, 'packs'))).filter(name => name.startsWith('.')), [`.draft-${self}-x`, '.other'])
})

t.test('a pack that was damaged is made anew', async t => {
  const { open, file, folder } = await store(t)
  await writeBalls(file('a.glb'))
  await opened(t, open(file('a.glb')))
  const [name = ''] = await readdir(join(folder, 'packs'))
  await truncate(join(folder, 'packs', name, 'chunks.bin'), 10)
  const pack = await opened(t, open(file('a.glb')))
  t.ok(await pack.read(0, 0))
})

t.test('GPU instances, strips and missing normals are understood', async t => {
  const { open, file } = await store(t)
  const document = ballsDocument({ copies: 1, normals: false, segments: 8 })
  const buffer = document.getRoot().listBuffers()[0] ?? null
  const extension = document.createExtension(EXTMeshGPUInstancing)
  const places = document.createAccessor().setType('VEC3').setArray(new Float32Array([0, 1, 0, 0, 2, 0])).setBuffer(buffer)
  document.getRoot().listNodes().find(node => node.getMesh())?.setExtension('EXT_mesh_gpu_instancing', extension.createInstancedMesh().setAttribute('TRANSLATION', places)).setScale([2, 2, 2])
  const strip = document.createPrimitive().setMode(5).setAttribute('POSITION', document.createAccessor().setType('VEC3').setArray(new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0])).setBuffer(buffer))
  document.getRoot().listScenes()[0]?.addChild(document.createNode('Strip').setMesh(document.createMesh('Strip').addPrimitive(strip)))
  await writeFile(file('a.glb'), await new NodeIO().registerExtensions(ALL_EXTENSIONS).writeBinary(document))
  const { scene } = await opened(t, open(file('a.glb')))
  t.same(scene.instances.map(({ part, matrix }) => [part, matrix[0], matrix[13]]), [[0, 1, 2], [0, 1, 4], [1, 1, 0]], 'the scale went into the part')
  t.same(scene.parts.map(({ levels }) => levels.at(-1)?.triangles)[1], 2)
  t.equal(scene.parts[0]?.max[1], 0.5)
})

t.test('a glTF with a buffer beside it is read, one with a buffer elsewhere is not', async t => {
  const { open, file } = await store(t)
  await writeDocument(file('a.gltf'), ballsDocument({ segments: 8 }))
  const { scene } = await opened(t, open(file('a.gltf')))
  t.equal(scene.instances.length, 3)
  const text = await readFile(file('a.gltf'), 'utf8')
  const uri = /"uri":\s*"([^"]+)"/.exec(text)?.[1] ?? ''
  await symlink('/etc/hostname', file('outside.bin'))
  for (const bad of ['../../../etc/hostname', '/etc/hostname', 'outside.bin', 'file:///etc/hostname', 'http://127.0.0.1/x', 'missing.bin', '%2e%2e/x']) {
    await writeFile(file('b.gltf'), text.replace(uri, bad))
    const result = await open(file('b.gltf'))
    t.match(result, { status: 'unreadable', message: /^The model file cannot be read: the file ".*" it needs (is missing|lies outside its folder)\.$/ }, bad)
  }
})

t.test('a broken model is refused in one clear sentence', async t => {
  const { open, file, folder } = await store(t)
  await writeBalls(file('good.glb'))
  const good = await readFile(file('good.glb'))
  const length = (bytes: Buffer) => { const copy = Buffer.from(bytes); copy.writeUInt32LE(bytes.length, 8); return copy }
  const cases: [string, Buffer | string, RegExp][] = [
    ['empty.glb', '', /^The model file is empty\.$/],
    ['text.glb', 'this is not a model at all', /^The model file is not a GLB file\.$/],
    ['cut.glb', good.subarray(0, 500), /^The model file is truncated: it has 500 of \d+ bytes\.$/],
    ['short.glb', good.subarray(0, 12), /truncated/],
    ['noise.glb', length(Buffer.concat([good.subarray(0, 40), Buffer.alloc(400, 7)])), /cannot be read as glTF/],
    ['old.glb', Buffer.concat([Buffer.from('glTF\x01\0\0\0'), good.subarray(8)]), /version 1/],
    ['broken.gltf', '{"asset": ', /cannot be read as glTF/],
    ['nothing.gltf', '{"asset":{"version":"2.0"}}', /^The model has no triangles to show\.$/],
    ['needs.gltf', '{"asset":{"version":"2.0"},"extensionsUsed":["X_y"],"extensionsRequired":["X_y"]}', /X_y/],
    ['null.gltf', 'null', /is not a glTF file/]
  ]
  for (const [name, content, message] of cases) {
    await writeFile(file(name), content)
    await t.rejects(Source.open(file(name)).then(readModel).then(settled), { name: 'UnreadableModel', message }, name)
  }
  t.match(await open(file('cut.glb')), { status: 'unreadable', message: /truncated/ }, 'and the sentence comes out of the process')
  t.match(await open(file('gone.glb')), { status: 'unreadable' })
  t.same((await readdir(join(folder, 'packs'))).filter(name => !name.endsWith('.refused')), [], 'no draft and no lock is left')
})

t.test('a preparation that takes too long is ended', async t => {
  const { make, file, folder } = await store(t)
  const slow = join(folder, 'slow.mjs')
  await writeFile(slow, 'console.log(JSON.stringify({ percent: 1, step: "x" })); setInterval(() => {}, 1000)')
  await writeBalls(file('a.glb'))
  const clock = new FakeClock()
  const result = await make(clock, slow).open(file('a.glb'), () => { void clock.advance(60_000) }, wanted)
  t.same(result, { status: 'unreadable', message: 'The model took longer than 60 s to prepare.' })
})

t.test('a preparation nobody waits for any more is ended', async t => {
  const { make, file, folder } = await store(t)
  const slow = join(folder, 'slow.mjs')
  await writeFile(slow, 'console.log(JSON.stringify({ percent: 1, step: "x" })); setInterval(() => {}, 1000)')
  await writeBalls(file('a.glb'))
  const gone = new AbortController()
  t.same(await make(systemClock, slow).open(file('a.glb'), () => { gone.abort() }, gone.signal), { status: 'aborted' })
})

t.test('the sample model keeps its promises', async t => {
  const { open } = await store(t)
  const { scene } = await opened(t, open(join(modelsFolder, 'drive-unit.glb')))
  t.ok(scene.parts.length >= 27 && scene.instances.length >= 290 && scene.triangles >= 1_050_000)
  t.ok(scene.parts.every(({ levels }) => (levels[0]?.triangles ?? 999) <= 300))
  t.ok(scene.nodes.every(({ parent }, i) => parent < i))
  t.ok((await readFile(join(modelsFolder, 'drive-unit.glb'))).length <= 1_500_000)
})
