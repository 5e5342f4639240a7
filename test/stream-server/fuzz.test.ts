import { NodeIO } from '@gltf-transform/core'
import { strFromU8, unzipSync } from 'fflate'
import t from 'tap'
import { compressed } from '../fuzz/compressed.ts'
import { cadFiles } from '../fuzz/inputs.ts'
import { alter3mf, alterGlb, alterObj, alterPly, alterStep, alterStl, firstLooks } from '../fuzz/model-structure.ts'
import { mutated } from '../fuzz/mutation.ts'
import { box, objText, plyBinary, plyText, stlBinary, stlText, threeMf } from './support/files.ts'
import { fuzz } from './support/fuzz.ts'
import { triangle } from './support/glb.ts'
import { ballsDocument } from './support/model.ts'

const small = box([0, 0, 0], [1, 2, 3])

t.test('STL', async t => await fuzz(t, 'a.stl', [stlBinary(small), Buffer.from(stlText(small))], alterStl, firstLooks.stl))
t.test('PLY', async t => await fuzz(t, 'a.ply', [plyBinary(small), plyBinary(small, true), Buffer.from(plyText(small))], alterPly, firstLooks.ply))
t.test('OBJ', async t => await fuzz(t, 'a.obj', [Buffer.from(objText([{ name: 'a', material: 'red', box: small }, { name: 'b', material: 'x', box: small }]))], alterObj, firstLooks.obj))
t.test('3MF', async t => await fuzz(t, 'a.3mf', [threeMf(small)], alter3mf, firstLooks.zip))
t.test('3MF, the model in the archive', async t => {
  const model = Buffer.from(unzipSync(threeMf(small))['3D/part.model'] ?? [])
  await fuzz(t, 'a.3mf', [model], (bytes, pick) => threeMf(small, strFromU8(mutated(bytes, pick))), firstLooks.zip)
})
t.test('glTF', async t => await fuzz(t, 'a.glb', [triangle(), Buffer.from(await new NodeIO().writeBinary(ballsDocument({ segments: 4 }))), ...await compressed()], alterGlb, firstLooks.glb))
// A few only: they take their time. `npm run fuzz` reads more, and ends those that hang.
for (const { name, seeds } of cadFiles().filter(({ name }) => name !== 'a.brep')) t.test(name, async t => await fuzz(t, name, seeds, name === 'a.step' ? alterStep : mutated, firstLooks.cad, 20))
