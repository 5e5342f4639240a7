import t from 'tap'
import { BoxGeometry, CylinderGeometry, type BufferGeometry } from 'three'
import { featureEdges } from '../../../src/viewer/tools/feature-edges.ts'

function edgesOf (geometry: BufferGeometry): number {
  const index = geometry.index?.array ?? []
  return featureEdges({ positions: geometry.getAttribute('position').array, index, start: 0, count: index.length }).length / 6
}

t.test('a box has twelve edges, however large it is', async t => {
  t.equal(edgesOf(new BoxGeometry()), 12)
  t.equal(edgesOf(new BoxGeometry(0.0001, 0.0002, 0.0003)), 12)
  t.equal(edgesOf(new BoxGeometry(1000, 10, 10, 4, 4, 4)), 4 * (4 + 4 + 4))
})

t.test('a round body has the rims of its ends and nothing along its side', async t => {
  t.equal(edgesOf(new CylinderGeometry(1, 1, 2, 48)), 96)
})

t.test('where a surface ends there is an edge', async t => {
  t.equal(edgesOf(new CylinderGeometry(1, 1, 2, 24, 1, true)), 48)
})
