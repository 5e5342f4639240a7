import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { running } from './support/running.ts'
import { TestViewer, camera } from './support/viewer.ts'

t.test('what is not a proper message closes the connection and says why', async t => {
  const open = { type: 'open', model: 'balls' }
  const look = camera(1, [0, 0, 1], [0, 0, 0])
  const cases: [string, (object | string)[], string][] = [
    ['not JSON', ['{'], 'a message is not JSON'],
    ['not an object', ['null'], 'a message is not an object'],
    ['unknown type', [{ type: '__proto__' }], 'a message is of no known type'],
    ['no model', [{ type: 'open' }], 'open: model must be a string'],
    ['long model', [{ type: 'open', model: 'x'.repeat(1001) }], 'open: model must be a string'],
    ['two opens', [open, open], 'open: only once'],
    ['camera first', [look], 'camera: open first'],
    ['seq again', [open, look, look], 'camera: seq must rise'],
    ['short matrix', [open, { ...look, viewProjection: [1] }], 'camera: viewProjection must be 16 numbers'],
    ['not a number', [open, { ...look, position: [0, null, 0] }], 'camera: position must be 3 numbers'],
    ['tolerance', [open, { ...look, tolerance: 0 }], 'camera: tolerance must be 0.01 to 10000 pixels'],
    ['credit', [open, { type: 'received', bytes: 1 }], 'received: more than was sent'],
    ['mark before the scene', [open, { type: 'mark', what: 'hidden', runs: [], on: true }], 'mark: there is no scene yet'],
    ['style before the scene', [open, { type: 'style', ghosts: false, edges: false, explosion: 1, section: null }], 'style: there is no scene yet'],
    ['negative credit', [open, { type: 'received', bytes: -1 }], 'received: bytes must be a whole number']
  ]
  for (const [name, messages, reason] of cases) {
    const { url } = await running(t)
    const viewer = await TestViewer.connect(url)
    for (const message of messages) viewer.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
    t.same(await viewer.closed, { code: 1008, reason }, name)
  }
  const binary = await TestViewer.connect((await running(t)).url)
  binary.socket.send(Buffer.from('{}'))
  t.match(await binary.closed, { code: 1003 })
  const large = await TestViewer.connect((await running(t)).url)
  large.socket.send('x'.repeat(16_385))
  t.match(await large.closed, { code: 1009 })
})

t.test('an unknown or broken model is refused with its own code', async t => {
  const asks = async (model: string) => {
    const { url } = await running(t)
    const viewer = await TestViewer.connect(url)
    viewer.say({ type: 'open', model })
    return { closed: await viewer.closed, error: viewer.messages.find(({ type }) => type === 'error') }
  }
  t.match(await asks('ghost'), { closed: { code: 4404, reason: 'There is no model "ghost".' }, error: { code: 'unknownModel' } })
  t.match(await asks('../balls'), { closed: { code: 4404, reason: 'A model is named without folder and without odd characters.' } })
  const broken = await running(t)
  await writeFile(join(broken.models, 'broken.glb'), 'not a model')
  const unlucky = await TestViewer.connect(broken.url)
  unlucky.say({ type: 'open', model: 'broken' })
  t.same(await unlucky.closed, { code: 4422, reason: 'The model file is not a GLB file.' })
  t.equal(await broken.server.finished, 0)
  const long = await asks(`${'ä'.repeat(150)}`)
  t.equal(long.closed.code, 4404)
  t.ok(Buffer.byteLength(long.closed.reason) <= 123)
})

t.test('a fixed model is shown whatever the viewer asks for', async t => {
  const { url } = await running(t, ['--model-file', 'balls'])
  const viewer = await TestViewer.connect(url)
  viewer.say({ type: 'open', model: '../whatever' })
  t.equal((await viewer.scene()).model, 'balls')
})

t.test('what is hidden is not streamed, and a picture is asked of no server that streams geometry', async t => {
  const { url } = await running(t)
  const viewer = await TestViewer.connect(url)
  viewer.say({ type: 'open', model: 'balls' })
  await viewer.scene()
  viewer.say({ type: 'mark', what: 'hidden', runs: [0, 2 ** 31], on: true })
  viewer.say({ type: 'style', ghosts: false, edges: true, explosion: 0.5, section: [1, 0, 0, 0] })
  viewer.say(camera(1, [1, 0.5, 4], [1, 0, 0], 20))
  t.match(await viewer.idle(1), { chunks: 0, limited: false })
  viewer.say({ type: 'mark', what: 'hidden', runs: [0, 1], on: false })
  await viewer.until(() => viewer.messages.find(message => message.type === 'idle' && message.chunks > 0))
  viewer.say({ type: 'pick', id: 1, x: 0.5, y: 0.5 })
  t.match(await viewer.closed, { code: 1008, reason: 'pick: there are no pictures' })
})
