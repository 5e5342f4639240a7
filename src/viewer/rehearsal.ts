import { BufferGeometry, Float32BufferAttribute, Matrix4, Vector4 } from 'three'
import { Batch } from './batch.ts'
import { finishNames, type Finishes } from './finishes.ts'
import type { Stage } from './stage.ts'

/** Has the stage draw a triangle in every finish, so that the first real picture does not wait for materials to be prepared. */
export function rehearse (stage: Stage, finishes: Finishes): void {
  const triangle = new BufferGeometry()
  triangle.setAttribute('position', new Float32BufferAttribute([-0.1, -0.1, -1, 0.1, -0.1, -1, 0, 0.1, -1], 3))
  triangle.setAttribute('normal', new Float32BufferAttribute([0, 0, 1, 0, 0, 1, 0, 0, 1], 3))
  triangle.setIndex([0, 1, 2])
  const batches = finishNames.map(finish => {
    const batch = new Batch(finishes.of(finish), 1, { vertices: 3, indices: 3 })
    batch.place(batch.add(triangle), new Matrix4(), new Vector4(1, 1, 1, 1))
    return batch
  })
  stage.rehearse(batches.map(batch => batch.mesh))
  for (const batch of batches) batch.dispose()
  triangle.dispose()
}
