import { NodeIO } from '@gltf-transform/core'
import t from 'tap'
import { box, objText, plyBinary, plyText, stlBinary, stlText, threeMf } from './support/files.ts'
import { cadFiles } from '../fuzz/inputs.ts'
import { chance, mutated } from '../fuzz/mutation.ts'
import { fuzz } from './support/fuzz.ts'
import { triangle } from './support/glb.ts'
import { ballsDocument } from './support/model.ts'

const small = box([0, 0, 0], [1, 2, 3])

t.test('STL', async t => await fuzz(t, 'a.stl', [stlBinary(small), Buffer.from(stlText(small))]))
t.test('PLY', async t => await fuzz(t, 'a.ply', [plyBinary(small), plyBinary(small, true), Buffer.from(plyText(small))]))
t.test('OBJ', async t => await fuzz(t, 'a.obj', [Buffer.from(objText([{ name: 'a', material: 'red', box: small }, { name: 'b', material: 'x', box: small }]))]))
t.test('3MF', async t => await fuzz(t, 'a.3mf', [threeMf(small)]))
t.test('3MF, the model in the archive', async t => {
  const { unzipSync, strFromU8 } = await import('fflate')
  const model = Buffer.from(unzipSync(threeMf(small))['3D/part.model'] ?? [])
  const pick = chance(7)
  await fuzz(t, 'a.3mf', Array.from({ length: 500 }, () => threeMf(small, strFromU8(mutated(model, pick)))))
})
t.test('glTF', async t => await fuzz(t, 'a.glb', [triangle(), Buffer.from(await new NodeIO().writeBinary(ballsDocument({ segments: 4 })))]))
// A few only: they take their time. `npm run fuzz` reads more, and ends those that hang.
for (const { name, seeds } of cadFiles().filter(({ name }) => name !== 'a.brep')) t.test(name, async t => await fuzz(t, name, seeds, 20))
