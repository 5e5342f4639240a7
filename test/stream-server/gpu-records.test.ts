import t from 'tap'
import type { Mesh } from '../../src/stream-server/ssr/gpu/mesh.ts'
import { recordBytes, Records } from '../../src/stream-server/ssr/gpu/records.ts'
import type { Figure } from '../../src/stream-server/ssr/composition.ts'
import { lightingOf, surfaceOf } from '../../src/stream-server/ssr/lighting.ts'

const viewProjection = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
const lighting = lightingOf(viewProjection)
const mesh = () => ({ center: [0, 0, 0], scale: 1, closed: true }) as unknown as Mesh
const surface = surfaceOf({ name: 'a', color: [1, 0, 0, 1], metallic: 0, roughness: 1, levels: [] } as unknown as Parameters<typeof surfaceOf>[0])
const figure = (geometry: Mesh, id: number): Figure<Mesh, unknown> => ({ geometry, id, matrix: viewProjection, surface, toEye: [0, 0, 1], cover: 16, phase: 0, whole: true, section: null, isCutOpen: false })

/** Ids of the figures mesh by mesh, as the shader finds them. */
function found (records: Records): number[][] {
  const words = new Uint32Array(records.bytes)
  const places = records.places()
  let first = 0
  return [...records.meshes.values()].map(({ figures }) => {
    const from = first
    first += figures
    return [...places.subarray(from, first)].map(place => words[place * recordBytes / 4 + 40]!)
  })
}

t.test('figures that come in any order are found mesh by mesh, those of a mesh in the order in which they came', async t => {
  const records = new Records(1000)
  const meshes = [mesh(), mesh(), mesh()]
  const expected: number[][] = [[], [], []]
  for (let id = 1; id <= 300; id++) {
    const which = id < 4 ? id - 1 : id * id % 3
    expected[which]!.push(id)
    records.write(figure(meshes[which]!, id), { viewProjection }, lighting)
  }
  t.equal(records.count, 300)
  t.same(found(records), expected)
  const { bytes } = records
  records.clear()
  t.same(found(records), [])
  records.write(figure(meshes[2]!, 7), { viewProjection }, lighting)
  t.same(found(records), [[7]])
  t.equal(records.bytes, bytes, 'memory is kept')
})

t.test('too many are refused, and take no more memory than those that are not', async t => {
  const records = new Records(100)
  const only = mesh()
  for (let id = 1; id <= 100; id++) records.write(figure(only, id), { viewProjection }, lighting)
  t.throws(() => { records.write(figure(only, 101), { viewProjection }, lighting) }, { message: 'there is more to be seen than 100 instances' })
  t.equal(records.bytes.byteLength, 100 * recordBytes)
})
