import t from 'tap'
import { planWithin } from '../../src/stream-server/csr/budget.ts'
import { Planner } from '../../src/stream-server/csr/plan.ts'
import { Streamer } from '../../src/stream-server/csr/streamer.ts'
import { HeldMemory, memoryOf, textureMemory } from '../../src/stream-server/held-memory.ts'
import type { PartInfo, SceneMessage, TextureInfo } from '../../src/stream-server/protocol.ts'
import { settle } from '../fixtures/fake-clock.ts'
import { camera } from './support/viewer.ts'

const level = { triangles: 100, vertices: 60, error: 0, bytes: 1000 }
const skin: TextureInfo = { mimeType: 'image/png', width: 300, height: 100, bytes: 5000 }
const part = (more: Partial<PartInfo> = {}): PartInfo => ({ name: 'p', min: [-1, -1, -1], max: [1, 1, 1], color: [1, 1, 1, 1], metallic: 0, roughness: 1, levels: [level], ...more })
const parts = [part({ texture: 0 }), part({ texture: 0, vertexColors: true }), part()]
const scene: SceneMessage = {
  type: 'scene',
  model: 'm',
  min: [-1, -1, -1],
  max: [201, 1, 1],
  nodes: [{ name: '', parent: -1 }],
  parts,
  instances: parts.map((_, i) => ({ part: i, node: 0, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, i * 100, 0, 0, 1] })),
  textures: [skin],
  triangles: 300
}
const geometry = parts.map(info => memoryOf(level, info))
const front = (seq: number, x: number) => camera(seq, [x, 0, 5], [x, 0, 0])

t.test('what lies on the vertices counts, and a texture counts once, as long as it lies on something', async t => {
  t.same(geometry, [60 * 32 + 1200, 60 * 36 + 1200, 60 * 24 + 1200])
  t.equal(textureMemory(skin), 300 * 100 * 4 * 4 / 3)
  const memory = new HeldMemory(parts, [1, 1, 2], [skin])
  memory.change(0, -1, 0)
  memory.change(1, -1, 0)
  memory.change(1, 0, 0)
  memory.change(2, -1, 0)
  t.equal(memory.bytes, geometry[0]! + geometry[1]! + 2 * geometry[2]! + textureMemory(skin))
  memory.change(0, 0, -1)
  t.ok(memory.needs(0))
  memory.change(1, 0, -1)
  t.notOk(memory.needs(0))
  t.equal(memory.bytes, 2 * geometry[2]!)
})

t.test('a part whose texture does not fit into the budget is not sent; one that shares it costs no more than its geometry', async t => {
  const planner = new Planner({ ...scene, instances: scene.instances.map(instance => ({ ...instance, matrix: [...instance.matrix.slice(0, 12), 0, 0, 0, 1] })) })
  const plan = (bytes: number) => planWithin({ bytes, triangles: 1e6 }, parts, planner.demands(front(1, 0)), [-1, -1, -1], [0, 0, 0])
  const sum = geometry[0]! + geometry[1]! + geometry[2]!
  t.match(plan(sum + textureMemory(skin)), { limited: false, chunks: { length: 3 } })
  t.match(plan(sum + textureMemory(skin) - 1), { limited: true })
  t.same(plan(sum).chunks.map(({ part }) => part), [2])
})

t.test('a texture is sent again when everything that it lay on was given up', async t => {
  const sure: number[][] = []
  const sent: number[] = []
  const streamer = new Streamer({
    scene,
    read: async number => {
      sent.push(number)
      return Buffer.alloc(10)
    },
    uncertain: holds => { sure.push([0, 1, 2].filter(number => holds(number))) }
  }, { buffered: 0, sendFile: () => {}, sendDrop: () => {}, sendIdle: () => {} }, 'interactive', error => { throw error })
  streamer.limit({ bytes: geometry[1]! + textureMemory(skin), triangles: 1e6 })
  for (const [i, x] of [0, 100, 200].entries()) {
    streamer.look(front(i + 1, x))
    await settle()
  }
  t.same(sent, [0, 1, 2])
  t.same(sure, [[], []], 'the first part goes before the second comes, and the second before the third')
})
