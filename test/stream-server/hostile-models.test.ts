import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { readModel } from '../../src/stream-server/preparing/read-model.ts'
import { settled } from '../../src/stream-server/preparing/settled.ts'
import { Source } from '../../src/stream-server/preparing/source.ts'
import { readServerMessage } from '../../src/viewer/server-message.ts'
import { box, threeMf } from './support/files.ts'
import { triangle } from './support/glb.ts'
import { opened, store, wanted } from './support/store.ts'

t.test('a file that claims more than it has is refused before anything is made for it', async t => {
  const { file } = await store(t)
  const accessor = { componentType: 5126, type: 'VEC3' }
  const packed = (more: object) => triangle({
    bufferViews: [{ buffer: 1, byteLength: 12_000_000, byteStride: 12, extensions: { EXT_meshopt_compression: { buffer: 0, byteLength: 36, byteStride: 12, count: 1_000_000, mode: 'ATTRIBUTES', ...more } } }],
    buffers: [{ byteLength: 36 }, { byteLength: 12_000_000 }],
    extensionsUsed: ['EXT_meshopt_compression']
  })
  const cases: Record<string, [Buffer, RegExp]> = {
    'zeros without end': [triangle({ accessors: [{ ...accessor, count: 500_000_000 }] }), /too large/],
    'many zeros': [triangle({ accessors: [{ ...accessor, count: 5_000_000 }] }), /claim more data than the file holds/],
    'beyond its view': [triangle({ accessors: [{ ...accessor, bufferView: 0, count: 4 }] }), /reaches beyond its buffer view/],
    'beyond its buffer': [triangle({ bufferViews: [{ buffer: 0, byteOffset: 4, byteLength: 1000 }] }), /reaches beyond its buffer/],
    'one view many times': [triangle({ accessors: Array.from({ length: 40_000 }, () => ({ ...accessor, bufferView: 0, count: 3, sparse: { count: 3, indices: { bufferView: 0, componentType: 5126 }, values: { bufferView: 0, byteOffset: 12 } } })) }), /reaches beyond/],
    'too well packed': [packed({}), /packed bytes can hold/],
    'packed elsewhere': [packed({ buffer: 7 }), /reaches beyond its buffer/],
    'half an element': [triangle({ accessors: [{ ...accessor, bufferView: 0, count: 1.5 }] }), /accessor 0/],
    'fewer than none': [triangle({ accessors: [{ ...accessor, bufferView: 0, count: -1 }] }), /accessor 0/],
    'a type of no size': [triangle({ accessors: [{ ...accessor, type: 'constructor', bufferView: 0, count: 3 }] }), /accessor 0/],
    'lists that are none': [triangle({ nodes: { length: 1e9 } }), /nodes are not a list/],
    'nothing in a list': [triangle({ meshes: [null] }), /meshes are not a list/],
    'a mesh of nothing': [triangle({ meshes: [{}] }), /no list of primitives/],
    'nodes without end': [triangle({ nodes: Array.from({ length: 2_000_001 }, () => ({})) }), /more than 2,000,000 nodes/],
    'a place that is none': [triangle({ nodes: [{ mesh: 0, translation: null }] }), /the place of node 0 is not made of numbers/],
    'a place of too few numbers': [triangle({ nodes: [{ mesh: 0, matrix: [1, 0, 0] }] }), /the place of node 0/],
    'a stride that is a long list': [triangle({ bufferViews: [{ buffer: 0, byteLength: 36, byteStride: Array(1000).fill(1e308) }] }), /^.{60,200}$/],
    'wild references': [triangle({ nodes: [{ mesh: 12, children: [99] }] }), /cannot be read as glTF|no triangles/]
  }
  for (const [name, [bytes, words]] of Object.entries(cases)) {
    await writeFile(file('a.glb'), bytes)
    const before = process.memoryUsage().rss
    await t.rejects(Source.open(file('a.glb')).then(readModel).then(settled), { name: 'UnreadableModel', message: words }, name)
    if (!name.startsWith('nodes')) t.ok(process.memoryUsage().rss - before < 300e6, 'no memory was taken')
  }
})

t.test('a model that needs more memory than it may have ends its preparation in words', async t => {
  const { make, file, log } = await store(t)
  await writeFile(file('a.gltf'), `{"asset":{"version":"2.0"},"extras":[${'[[],[]],'.repeat(2_000_000)}[]]}`)
  const started = performance.now()
  const before = process.memoryUsage().rss
  const result = await make(systemClock, undefined, { preparationMemoryMiB: 256 }).open(file('a.gltf'), () => {}, wanted)
  t.same(result, { status: 'unreadable', message: 'The model needs more memory than its preparation may have, which is 256 MiB.' })
  t.ok(performance.now() - started < 20_000)
  t.ok(process.memoryUsage().rss - before < 100e6, 'the session itself reads nothing of it')
  t.match(log.lines[0], /could not be prepared/)
})

t.test('a colour that is none costs the colour', async t => {
  const { file } = await store(t)
  for (const baseColorFactor of [null, 1, 'red', [1, 0], [1, 0, 0, 'x']]) {
    await writeFile(file('a.glb'), triangle({ meshes: [{ primitives: [{ attributes: { POSITION: 0 }, material: 0 }] }], materials: [{ pbrMetallicRoughness: { baseColorFactor, metallicFactor: 0.5 } }] }))
    t.match(settled(await readModel(await Source.open(file('a.glb')))).parts, [{ color: [1, 1, 1, 1], metallic: 0.5 }], JSON.stringify(baseColorFactor))
  }
})

t.test('long lines, words and lists take no longer than others', async t => {
  const { file } = await store(t)
  const cases: Record<string, [string | Buffer, RegExp]> = {
    'a.obj': [`v 0 0 0\n${'\\\n'.repeat(500_000)}\nf 1 1 1\n`, /no triangles/],
    'a.glb': [triangle({ scenes: [{ nodes: Array(60_000).fill(0) }], nodes: [{}] }), /no triangles/],
    'b.glb': [triangle({ scenes: Array(60_000).fill({ nodes: [0] }), nodes: [{}] }), /no triangles/],
    'a.3mf': [threeMf(box(), `<${`a ${'a'.repeat(60_000)}`}>`.repeat(20)), /no triangles/]
  }
  for (const [name, [content, words]] of Object.entries(cases)) {
    await writeFile(file(name), content)
    const started = process.cpuUsage()
    await t.rejects(Source.open(file(name)).then(readModel).then(settled), { name: 'UnreadableModel', message: words }, name)
    const { user, system } = process.cpuUsage(started)
    t.ok(user + system < 3e6, `${name}: ${Math.round((user + system) / 1000)} ms`)
  }
  await writeFile(file('a.obj'), 'v 0 0 \\\n0\nv 1 0 0\nv 0 1 0\nf 1 \\\n 2 \\\n3\n')
  t.match(settled(await readModel(await Source.open(file('a.obj')))).parts, { length: 1 }, 'lines that go on are read')
})

t.test('a copy without a size does not take the others with it', async t => {
  const { open, file } = await store(t)
  await writeFile(file('a.glb'), triangle({ scenes: [{ nodes: [0, 1, 2, 3] }], nodes: [{ mesh: 0, scale: [0, 0, 0] }, { mesh: 0, scale: [2, 2, 2] }, { mesh: 0, translation: [5, 0, 0] }, { mesh: 0, matrix: [1e300, 0, 0, 0, 0, 1e300, 0, 0, 0, 0, 1e300, 0, 1e300, 0, 0, 1] }] }))
  const { scene } = await opened(t, open(file('a.glb')))
  t.same(scene.instances.map(({ node, matrix }) => [node, matrix[0], matrix[12]]), [[1, 1, 0], [2, 0.5, 5]])
  t.same([scene.min, scene.max], [[0, 0, 0], [5 + 1, 2, 0]])
})

t.test('a model far from its own zero keeps its shape to the micrometre', async t => {
  const { open, file } = await store(t)
  const east = 100_000
  await writeFile(file('a.glb'), triangle({ scenes: [{ nodes: [0] }], nodes: [{ translation: [east, 0, -east], children: [1, 2] }, { mesh: 0, translation: [0.123456, 0, 0] }, { mesh: 0, translation: [2.000001, 0, 0] }] }))
  const { scene } = await opened(t, open(file('a.glb')))
  const [x = 0, , z = 0] = scene.origin ?? []
  t.ok(Math.abs(x - east) < 3 && Math.abs(z + east) < 3)
  t.same(scene.instances.map(({ matrix }) => Math.round(((matrix[12] ?? 0) + x - east) * 1e6)), [123456, 2000001])
  t.ok(Math.abs(scene.min[0] + x - east - 0.123456) < 1e-6 && Math.abs(scene.max[0] + x - east - 3.000001) < 1e-6, 'and its bounds are not rounded away')
})

t.test('a part drawn far from its own zero is brought near it', async t => {
  const { open, file } = await store(t)
  await writeFile(file('a.glb'), triangle({}, [1000, 0, 0, 1001, 0, 0, 1000, 1, 0]))
  const { scene: { parts: [part], instances: [instance] } } = await opened(t, open(file('a.glb')))
  t.same([part?.min, part?.max], [[-0.5, -0.5, 0], [0.5, 0.5, 0]])
  t.same(instance?.matrix.slice(12, 15), [-0.5, -0.5, 0], 'and so is the model')
})

t.test('what cannot be right is mended or left out, and the viewer takes the rest', async t => {
  const { open, file, log } = await store(t)
  await writeFile(file('a.glb'), triangle({
    scenes: [{ nodes: [0, 1] }],
    nodes: [{ mesh: 0, name: 7 }, { mesh: 0, name: `\u0000a\nb${'x'.repeat(5000)}\ud800` }],
    materials: [{ name: {}, pbrMetallicRoughness: { metallicFactor: 3, roughnessFactor: -1, baseColorFactor: [2, -1, 0.5, 1] } }],
    meshes: [{ name: ['x'], primitives: [{ attributes: { POSITION: 0 }, material: 0 }] }]
  }))
  const { scene } = await opened(t, open(file('a.glb')))
  t.match(scene.parts[0], { name: 'Part 1', metallic: 1, roughness: 0, color: [1, 0, 0.5, 1] })
  t.match(scene.nodes[1]?.name, /^a bx{100,200}…$/)
  t.same(readServerMessage(JSON.stringify({ ...scene, model: 'a' })).type, 'scene')

  await writeFile(file('b.glb'), triangle({}, [0, 0, 0, 1, 0, 0, 0, 1, 0, NaN, 0, 0, 1, 0, 0, 0, 1, 0]))
  t.match(await open(file('b.glb')), { status: 'unreadable', message: 'The model has no triangles to show.' })
  t.same(log.lines.length, 1)
})

t.test('a chain of many thousand nodes is walked in a moment', async t => {
  const { file } = await store(t)
  const length = 50_000
  const nodes = Array.from({ length }, (_, i) => i === length - 1 ? { mesh: 0 } : { children: [i + 1], translation: [0, 0.001, 0] })
  await writeFile(file('a.glb'), triangle({ nodes }))
  const started = performance.now()
  const assembly = settled(await readModel(await Source.open(file('a.glb'))))
  t.ok(performance.now() - started < 8_000)
  t.equal(assembly.nodes.length, length)
  t.ok(Math.abs((assembly.instances[0]?.matrix[13] ?? 0) + (assembly.origin[1]) - 49.999) < 1e-9)
})

t.test('a node that stands in a circle, or in two places, stands once', async t => {
  const { file } = await store(t)
  await writeFile(file('a.glb'), triangle({ nodes: [{ children: [1, 1] }, { mesh: 0, children: [2] }, { children: [1, 0] }] }))
  t.equal(settled(await readModel(await Source.open(file('a.glb')))).instances.length, 1)
})

t.test('a STEP file on which the CAD library never ends is ended by the time limit, in words', async t => {
  const { make, file, folder } = await store(t)
  const seed = join(dirname(createRequire(import.meta.url).resolve('occt-import-js/package.json')), 'test/testfiles/conical-surface/conical-surface.step')
  // Found by mutation: a cone as wide as no universe is, and a direction that is none.
  const wild = (await readFile(seed, 'latin1')).replace("#15=CONICAL_SURFACE('',#102,0.450944881889764,", "#15=CONICAL_SURFACE('',#102,1.E300,")
    .replace("#117=DIRECTION('ref_axis',(0.,0.,1.))", "#117=DIRECTION('ref_axis',(0.,0.,1.E300))").replace('(-0.47244094488189,0.486811025,0.)', '(-0.47244094488189,1.E-9,0.)')
  t.equal(wild.split('1.E').length, 4, 'the file is as it was when it was found')
  await writeFile(file('a.step'), wild)
  const result = await make(systemClock, undefined, { preparationTimeoutMs: 4_000 }).open(file('a.step'), () => {}, wanted)
  t.same(result, { status: 'unreadable', message: 'The model took longer than 4 s to prepare.' })
  t.same(await readdir(join(folder, 'packs')).then(names => names.filter(name => !name.endsWith('.refused'))), [], 'nothing of it is left')
})
