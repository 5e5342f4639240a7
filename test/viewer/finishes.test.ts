import t from 'tap'
import { finishOf } from '../../src/viewer/finishes.ts'

const look = { color: [1, 0, 0, 1] as [number, number, number, number], metallic: 0 }

t.test('an opaque solid is filled where it is cut open, a transparent one is not', async t => {
  t.equal(finishOf({ ...look, solid: true }), 'plain+solid')
  t.equal(finishOf({ ...look, metallic: 1, solid: true, vertexColors: true, texture: 3 }), 'metal+solid+colors+3')
  t.equal(finishOf({ ...look, color: [1, 0, 0, 0.5], solid: true }), 'glass')
  t.equal(finishOf({ ...look, color: [1, 0, 0, 0.5], solid: true, texture: 3 }), 'glass+3')
})
