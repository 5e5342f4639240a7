import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { creditBytes } from '../../src/stream-server/protocol.ts'
import { modelsFolder } from './support/bundle.ts'
import { writeBalls } from './support/model.ts'
import { running } from './support/running.ts'
import { TestViewer, camera } from './support/viewer.ts'

t.test('a viewer opens a model for the first time, sees it being prepared, then gets the assembly and its parts', async t => {
  const { url } = await running(t)
  const viewer = await TestViewer.connect(url)
  viewer.say({ type: 'open', model: 'balls' })
  viewer.say(camera(1, [1, 0.5, 4], [1, 0, 0]))
  const scene = await viewer.scene()
  t.same(viewer.messages.slice(0, 2).map(({ type }) => type), ['session', 'preparing'])
  t.equal(scene.model, 'balls')
  t.equal(scene.parts.length, 1)
  t.same(scene.instances.map(({ matrix }) => matrix[12]), [0, 1, 2])
  t.same(scene.nodes, [{ name: 'Row', parent: -1 }, { name: 'Ball 1', parent: 0 }, { name: 'Ball 2', parent: 0 }, { name: 'Ball 3', parent: 0 }])
  const idle = await viewer.idle(1)
  t.equal(viewer.files[0]?.level, 0, 'the coarsest level comes first')
  t.equal(idle.chunks, viewer.files.length)
  t.equal(idle.bytes, viewer.receivedBytes)
  for (const { part, level, bytes } of viewer.files) t.equal(bytes.length, scene.parts[part]?.levels[level]?.bytes)
  viewer.say(camera(2, [1, 0.5, 4], [1, 0, 0]))
  t.match(await viewer.idle(2), { chunks: idle.chunks }, 'nothing is sent twice')
})

t.test('the second visitor of a model does not wait for its preparation', async t => {
  const first = await running(t)
  const viewer = await TestViewer.connect(first.url)
  viewer.say({ type: 'open', model: 'balls' })
  await viewer.scene()
  viewer.close()
  await first.server.finished
  const second = await running(t, ['--workspace-dir', first.workspace])
  const again = await TestViewer.connect(second.url)
  again.say({ type: 'open', model: 'balls' })
  await again.scene()
  t.same(again.messages.map(({ type }) => type), ['session', 'scene'])
})

t.test('a large assembly starts to stream by itself when the camera was told before', async t => {
  const { url, models } = await running(t)
  await writeBalls(join(models, 'many.glb'), { copies: 3000, segments: 8 })
  const viewer = await TestViewer.connect(url)
  viewer.say({ type: 'open', model: 'many' })
  viewer.say(camera(1, [1500, 5, 60], [1500, 0, 0], 50))
  const scene = await viewer.scene()
  t.ok(JSON.stringify(scene).length > 200_000)
  t.equal((await viewer.idle(1)).chunks, 1)
})

t.test('what is alike in many small files goes over the wire once', async t => {
  const { url } = await running(t, ['--model-search-directories', modelsFolder])
  const viewer = new TestViewer(url)
  const [{ socket }] = await once(viewer.socket, 'upgrade') as [IncomingMessage]
  viewer.say({ type: 'open', model: 'drive-unit' })
  await viewer.scene()
  const before = socket.bytesRead
  viewer.say(camera(1, [0.4, 0.6, 1.2], [0, 0.1, 0], 20))
  const { bytes } = await viewer.idle(1)
  const small = viewer.files.filter(file => file.bytes.length < 16_384).length
  t.ok(small > 20, `${small} small files`)
  const wire = socket.bytesRead - before
  t.ok(wire < bytes - small * 1000, `${wire} bytes for ${bytes}`)
})

t.test('a viewer that does not acknowledge is never sent more than its credit', async t => {
  const { url } = await running(t, ['--model-search-directories', modelsFolder])
  const viewer = await TestViewer.connect(url)
  viewer.acknowledges = false
  viewer.say({ type: 'open', model: 'drive-unit' })
  await viewer.scene()
  viewer.say(camera(1, [0.4, 0.6, 1.2], [0, 0.1, 0], 0.05))
  await viewer.until(() => viewer.receivedBytes > creditBytes * 0.6 ? true : undefined)
  viewer.say({ type: 'received', bytes: 0 })
  t.ok(viewer.receivedBytes <= creditBytes)
  viewer.acknowledges = true
  viewer.acknowledge()
  const idle = await viewer.idle(1)
  t.ok(idle.bytes > creditBytes)
  t.equal(new Set(viewer.files.map(({ part, level }) => `${part}/${level}`)).size, viewer.files.length)
})
