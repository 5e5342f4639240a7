import { createRequire } from 'node:module'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NodeIO } from '@gltf-transform/core'
import { ALL_EXTENSIONS, KHRDracoMeshCompression } from '@gltf-transform/extensions'
import t from 'tap'
import type { Test } from 'tap'
import { plainFinish } from '../../src/stream-server/preparing/assembly.ts'
import { readCad } from '../../src/stream-server/preparing/read-cad.ts'
import { readModel } from '../../src/stream-server/preparing/read-model.ts'
import { settled, worldBounds } from '../../src/stream-server/preparing/settled.ts'
import type { SettledAssembly } from '../../src/stream-server/preparing/settled.ts'
import { Source } from '../../src/stream-server/preparing/source.ts'
import { box, objText, plyBinary, plyText, stlBinary, stlText, threeMf } from './support/files.ts'
import { ballsDocument } from './support/model.ts'

const require = createRequire(import.meta.url)
/** STEP, IGES and BREP files that come with the library. */
const cad = join(dirname(require.resolve('occt-import-js/package.json')), 'test/testfiles')

async function read (path: string): Promise<SettledAssembly> {
  return settled(await readModel(await Source.open(path)))
}

async function written (t: Test, name: string, content: string | Buffer): Promise<SettledAssembly> {
  const path = join(t.testdir(), name)
  await writeFile(path, content)
  return await read(path)
}

const bounds = ({ instances, parts }: SettledAssembly) => Object.values(worldBounds(instances, parts)).flat().map((value: number) => Math.round(value * 1e6) / 1e6 + 0)
const triangles = ({ instances, parts }: SettledAssembly) => instances.reduce((sum, { part }) => sum + (parts[part]?.mesh.indices.length ?? 0) / 3, 0)

t.test('STL, text and binary: millimetres, Z up, a part per solid', async t => {
  for (const content of [stlBinary(box()), stlBinary(box(), 'solid but binary'), stlText(box())]) {
    const assembly = await written(t, 'a.stl', content)
    t.same(bounds(assembly), [0, 0, -0.02, 0.01, 0.03, 0], 'Z became Y')
    t.equal(triangles(assembly), 12)
    t.equal(assembly.parts[0]?.mesh.positions.length, 24 * 3, 'corners are sharp, faces are flat')
  }
  const two = await written(t, 'b.stl', stlText(box(), box([50, 0, 0], [60, 1, 1])))
  t.same(two.parts.map(({ name }) => name), ['Box 1', 'Box 2'])
  const far = await written(t, 'c.stl', stlText(box([1e8, 0, 0], [1e8 + 10, 20, 30])))
  t.same(far.parts[0]?.bounds.max.map(value => Math.round(value * 1e6) / 1e6), [0.005, 0.01, 0.015], 'a hundred kilometres away it has its size')
})

t.test('copies are one part, whatever the format: turned and moved, but of one shape and colour', async t => {
  const turned = ({ points, triangles: corners }: ReturnType<typeof box>, x: number) => ({ points: points.map(([a = 0, b = 0, c = 0]) => [x - b, a, c]), triangles: corners })
  const stl = stlText(box(), turned(box(), 100), box([300, 0, 0], [310, 20, 31]))
  const assembly = await written(t, 'a.stl', stl)
  t.same(assembly.parts.map(({ name }) => name), ['Box 1', 'Box 3'])
  t.same(assembly.instances.map(({ part }) => part), [0, 0, 1])
  t.same(assembly.nodes.slice(1).map(({ name }) => name), ['Box 1', 'Box 2', 'Box 3'])
  t.same(bounds(assembly), [0, 0, -0.02, 0.31, 0.031, 0], 'everything stands where it stood')
  t.same(bounds({ ...assembly, instances: assembly.instances.slice(1, 2) }), [0.08, 0, -0.01, 0.1, 0.03, 0])
  const path = join(t.testdir({ 'looks.mtl': 'newmtl red\nKd 1 0 0\nnewmtl blue\nKd 0 0 1\n' }), 'a.obj')
  await writeFile(path, objText([{ name: 'a', material: 'red', box: box() }, { name: 'b', material: 'red', box: box([20, 0, 0], [30, 20, 30]) }, { name: 'c', material: 'blue', box: box([40, 0, 0], [50, 20, 30]) }]))
  t.same((await read(path)).instances.map(({ part }) => part), [0, 0, 1], 'but for the colour')
  // As an exporter writes them that knows no copies: the places are in the vertices, and names in the meshes.
  const baked = ballsDocument({ copies: 1, segments: 8 })
  const [mesh] = baked.getRoot().listMeshes()
  const copy = mesh?.clone().setName('Twin') ?? baked.createMesh()
  for (const primitive of copy.listPrimitives()) {
    const moved = primitive.clone()
    const position = primitive.getAttribute('POSITION')?.clone()
    position?.setArray(Float32Array.from(position.getArray() ?? [], (value: number, i) => value + (i % 3 === 0 ? 3 : 0)))
    copy.removePrimitive(primitive).addPrimitive(moved.setAttribute('POSITION', position ?? null))
  }
  baked.getRoot().listScenes()[0]?.addChild(baked.createNode().setMesh(copy))
  const gltf = await written(t, 'b.glb', Buffer.from(await new NodeIO().writeBinary(baked)))
  t.equal(gltf.parts.length, 1)
  t.equal(gltf.nodes[gltf.instances[1]?.node ?? 0]?.name, 'Twin')
})

t.test('a ball of facets is smooth, and a box is not', async t => {
  const { parts: [part] } = await written(t, 'a.stl', ballStl())
  const { positions = new Float32Array(), normals = new Float32Array() } = part?.mesh ?? {}
  let worst = 1
  for (let i = 0; i < positions.length; i += 3) {
    const length = Math.hypot(positions[i] ?? 0, positions[i + 1] ?? 0, positions[i + 2] ?? 0)
    worst = Math.min(worst, [0, 1, 2].reduce((sum, k) => sum + (positions[i + k] ?? 0) / length * (normals[i + k] ?? 0), 0))
  }
  t.ok(worst > 0.98, `${worst}`)
})

function ballStl (): string {
  const primitive = ballsDocument({ copies: 1, segments: 24 }).getRoot().listMeshes()[0]?.listPrimitives()[0]
  const position = primitive?.getAttribute('POSITION')
  const indices = primitive?.getIndices()?.getArray() ?? []
  const points = Array.from({ length: position?.getCount() ?? 0 }, (_, i) => (position?.getElement(i, []) ?? []).map(value => value * 1000))
  return stlText({ points, triangles: Array.from({ length: indices.length / 3 }, (_, i) => [...indices.slice(i * 3, i * 3 + 3)]) })
}

t.test('PLY, text and binary of both kinds, with colours', async t => {
  const text = await written(t, 'a.ply', plyText(box([0, 0, 0], [1, 2, 3])))
  t.same(bounds(text), [0, 0, -2, 1, 3, 0])
  t.same(text.parts[0]?.color, [1, 0, 0, 1])
  t.notOk(text.parts[0]?.mesh.colors)
  const lines = plyText(box([0, 0, 0], [1, 2, 3])).split('\n')
  const [{ mesh, color } = { mesh: undefined, color: [] }] = (await written(t, 'c.ply', lines.map(line => line.replace(/^1 (.*) 255 0 0$/, '1 $1 0 0 255')).join('\n'))).parts
  t.same(color, [1, 1, 1, 1])
  const shades = Array.from({ length: (mesh?.positions.length ?? 0) / 3 }, (_, i) => [mesh?.positions[i * 3], ...mesh?.colors?.subarray(i * 4, i * 4 + 4) ?? []].join())
  t.same([...new Set(shades)].sort(), ['0,255,0,0,255', '1,0,0,255,255'], 'blue at the end of the X axis, red at the other')
  for (const big of [false, true]) t.same(bounds(await written(t, 'b.ply', plyBinary(box([0, 0, 0], [1, 2, 3]), big))), [0, 0, -2, 1, 3, 0])
})

t.test('OBJ: objects, materials, units from a comment, polygons, and a missing material file is tolerated', async t => {
  const path = join(t.testdir({ 'looks.mtl': 'newmtl red\nKd 1 0 0\nnewmtl glass\nKd 0 0 1\nd 0.25\n' }), 'a.obj')
  await writeFile(path, objText([{ name: 'Bolt M8', material: 'red', box: box() }, { name: 'Pane', material: 'glass', box: box([20, 0, 0], [30, 1, 1]) }]))
  const assembly = await read(path)
  t.same(assembly.parts.map(({ name, color }) => [name, color]), [['Bolt M8', [1, 0, 0, 1]], ['Pane', [0, 0, 1, 0.25]]])
  t.same(bounds(assembly), [0, 0, 0, 0.03, 0.02, 0.03], 'Y is up already')
  const alone = await written(t, 'b.obj', 'mtllib ../../secret.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvn 0 0 1\nf -4//1 -3//1 \\\n -2//1 -1//1\n')
  t.equal(triangles(alone), 2)
  t.match(alone.warnings, [/"..\/..\/secret.mtl" it needs (is missing|lies outside)/])
})

t.test('3MF: units, components, transforms, colours', async t => {
  const assembly = await written(t, 'a.3mf', threeMf(box([0, 0, 0], [1, 2, 3])))
  t.same(bounds(assembly), [0, 0.05, -0.02, 1, 0.08, 0])
  t.same(assembly.nodes, [{ name: 'Pair', parent: -1 }, { name: 'Brick & co', parent: 0 }, { name: 'Brick & co', parent: 0 }])
  t.same(assembly.parts.map(({ color, mesh }) => [color.map(value => Math.round(value * 100) / 100), mesh.indices.length / 3]), [[[0, 0, 1, 0.5], 2], [[1, 0, 0, 1], 10]])
  t.equal(assembly.instances.length, 4, 'two parts, each twice')
})

t.test('glTF with Draco compression', async t => {
  const draco = require('draco3dgltf') as { createEncoderModule: () => Promise<unknown> }
  const document = ballsDocument()
  document.createExtension(KHRDracoMeshCompression).setRequired(true)
  const io = new NodeIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'draco3d.encoder': await draco.createEncoderModule() })
  const assembly = await written(t, 'a.glb', Buffer.from(await io.writeBinary(document)))
  t.equal(assembly.instances.length, 3)
  t.ok(Math.abs((assembly.parts[0]?.bounds.max[0] ?? 0) - 0.25) < 1e-3)
})

t.test('a glTF whose pictures are missing, in a form nobody knows, keeps its colours', async t => {
  const assembly = await written(t, 'a.gltf', JSON.stringify({
    asset: { version: '2.0' },
    extensionsUsed: ['KHR_texture_basisu', 'KHR_materials_clearcoat'],
    extensionsRequired: ['KHR_texture_basisu'],
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0 }, material: 0 }] }],
    materials: [{ pbrMetallicRoughness: { baseColorFactor: [0.5, 0.25, 0, 1], baseColorTexture: { index: 0 } }, extensions: { KHR_materials_clearcoat: {} } }],
    textures: [{ extensions: { KHR_texture_basisu: { source: 0 } } }],
    images: [{ uri: 'gone.ktx2' }],
    accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' }],
    bufferViews: [{ buffer: 0, byteLength: 36 }],
    buffers: [{ byteLength: 36, uri: `data:application/octet-stream;base64,${Buffer.from(new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]).buffer).toString('base64')}` }]
  }))
  t.same(assembly.parts[0]?.color, [0.5, 0.25, 0, 1])
})

t.test('STEP: tree, names, colours, and parts that occur many times are shared', async t => {
  const assembly = await read(join(cad, 'cax-if/as1_pe_203.stp'))
  t.match(assembly.nodes.map(({ name, parent }) => [name, parent]), [['', -1], ['AS1_PE_ASM', 0], ['PLATE', 1], ['L_BRACKET_ASSEMBLY_ASM', 1], ['L_BRACKET_ASSEMBLY_ASM', 1], ['ROD_ASM', 1]])
  t.equal(assembly.instances.length, 18)
  t.equal(assembly.parts.length, 5, 'plate, bracket, bolt, nut, rod')
  t.ok(assembly.parts.every(({ color }) => color[3] === 1))
})

t.test('IGES: names and the tree; black, which is what it has where nothing is said, is no colour', async t => {
  const assembly = await read(join(cad, 'cube-10x10mm/Cube 10x10.igs'))
  t.same(assembly.nodes, [{ name: '', parent: -1 }, { name: 'Solid1', parent: 0 }])
  t.match(assembly.instances, [{ part: 0, node: 1 }])
  t.match(assembly.parts, [{ name: 'Solid1', color: plainFinish.color }])
})

t.test('while a model is read, it is told what is done and how much of it', async t => {
  const told = async (path: string) => {
    const steps: Array<[number, string]> = []
    await readModel(await Source.open(path), (share, step) => { steps.push([share, step]) })
    t.same(steps.map(([share]) => share), steps.map(([share]) => share).sort((a, b) => a - b), 'it never goes back')
    return [...new Set(steps.map(([, step]) => step))]
  }
  t.same(await told(join(cad, 'cube-10x10mm/Cube 10x10.stp')), ['Starting the CAD library', 'Reading the STEP file and making triangles of its surfaces', 'Looking for parts that are alike'])
  t.same(await told(join(t.testdir({ 'a.stl': stlText(box()) }), 'a.stl')), ['Reading the STL file'])
})

t.test('STEP and IGES: units become metres', async t => {
  for (const [file, size] of [['cube-units/cube-mm.step', 1], ['cube-units/cube-in.step', 1], ['cube-units/cube-m.step', 1], ['cube-10x10mm/Cube 10x10.stp', 0.01], ['cube-10x10mm/Cube 10x10.igs', 0.01]] as const) {
    const [x0 = 0, y0 = 0, z0 = 0, x1 = 0, y1 = 0, z1 = 0] = bounds(await read(join(cad, file)))
    t.same([x1 - x0, y1 - y0, z1 - z0].map(value => Math.round(value * 1e5) / 1e5), [size, size, size].map(value => Math.round(value * 1e5) / 1e5), file)
  }
  const brep = await read(join(cad, 'cax-if-brep/as1_pe_203.brep'))
  t.equal(brep.parts.length, 5)
})

t.test('the colours of STEP are taken as linear light', async t => {
  const [part] = (await read(join(cad, 'cube-units/cube-in.step'))).parts
  t.same(part?.color.map(value => Math.round(value * 1000) / 1000), [0.604, 0.604, 0.604, 1], '0.8 in the file')
})

t.test('a file is known by what stands in it, not by its name', async t => {
  t.equal(triangles(await written(t, 'a.obj', stlText(box()))), 12)
  t.equal(triangles(await written(t, 'a.stl', threeMf(box()))), 24)
  t.equal(triangles(await written(t, 'a.glb', plyText(box()))), 12)
})

t.test('what is wrong with a file is said in one sentence', async t => {
  const cube = await readFile(join(cad, 'cube-10x10mm/Cube 10x10.stp'))
  const bomb = Buffer.from(threeMf(box(), `<model>${' '.repeat(1000)}</model>`))
  for (let at = bomb.indexOf('PK\x01\x02'); at !== -1; at = bomb.indexOf('PK\x01\x02', at + 1)) bomb.writeUInt32LE(0x7fffffff, at + 24)
  const nested = Array.from({ length: 40 }, (_, i) => `<object id="${i + 2}"><components>${`<component objectid="${i + 1}"/>`.repeat(10)}</components></object>`).join('')
  const cases: [string, string | Buffer, RegExp][] = [
    ['a.stl', '', /^The model file is empty\.$/],
    ['a.stl', 'solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nendloop\nendfacet\nendsolid', /^The STL file is broken: a facet has not three corners\.$/],
    ['a.stl', stlBinary(box()).subarray(0, 300), /^The STL file is truncated: it has 300 of 684 bytes\.$/],
    ['a.stl', 'abc', /^The model file is not an STL file\.$/],
    ['a.stl', 'solid empty\nendsolid empty\n', /^The model has no triangles to show\.$/],
    ['a.stl', stlText({ points: [[NaN, 0, 0], [1, 0, 0], [0, 1, 0]], triangles: [[0, 1, 2]] }), /no triangles to show/],
    ['a.ply', plyText(box()).replace('vertex 8', 'vertex 4000000000'), /^The PLY file is truncated/],
    ['a.ply', plyText(box()).slice(0, -30), /^The PLY file is truncated/],
    ['a.ply', plyText(box()).replace('3 0 2 1', '3 0 2 99'), /names a vertex that does not exist/],
    ['a.ply', plyText(box()).replace('3 0 2 1', '3999999 0 2 1'), /a list is longer than the file/],
    ['a.ply', 'ply\nformat ascii 1.0\n', /its header has no end/],
    ['a.ply', 'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 2 3\n', /has points, but no faces/],
    ['a.ply', 'ply\nformat ascii 1.0\nelement vertex 1\nproperty constructor x\nend_header\n1\n', /no places|no type/],
    ['a.obj', 'v 0 0 0\nf 1 2 3\n', /^The OBJ file is broken: a face names a vertex that does not exist\.$/],
    ['a.obj', 'hello', /no triangles/],
    ['a.3mf', threeMf(box()).subarray(0, 200), /^The archive is broken or truncated\.$/],
    ['a.3mf', bomb, /claims more data than it has|too large/],
    ['a.3mf', threeMf(box(), '<model><build><item objectid="9"/></build></model>'), /an object that it builds does not exist/],
    ['a.3mf', threeMf(box(), '<model><resources><object id="1"><components><component objectid="1"/></components></object></resources><build><item objectid="1"/></build></model>'), /contain each other/],
    ['a.3mf', threeMf(box(), `<model><resources><object id="1"/>${nested}</resources><build><item objectid="41"/></build></model>`), /too large/],
    ['a.3mf', threeMf(box(), '<model><object'), /a tag has no end/],
    ['a.step', 'ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\nENDSEC;\nEND-ISO-10303-21;\n', /^The STEP file cannot be read: it is broken or incomplete\.$|no triangles/],
    ['a.step', cube.subarray(0, 3000), /^The STEP file|no triangles/],
    ['a.step', 'hello', /^The model file is not a STEP file\.$/],
    ['a.brep', 'DBRep_DrawableShape\n\nCASCADE Topology V1\n', /^The BREP file|no triangles/],
    ['a.xyz', 'hello', /^The model file is of no known format\.$/]
  ]
  for (const [name, content, message] of cases) await t.rejects(written(t, name, content), { name: 'UnreadableModel', message }, `${name} ${message.source}`)
  await t.rejects(readCad(cube, 'STEP', () => {}, () => Promise.resolve({ ReadStepFile: () => { throw new Error('trap') }, ReadIgesFile: () => null, ReadBrepFile: () => null })), { message: /reading it failed/ })
})
