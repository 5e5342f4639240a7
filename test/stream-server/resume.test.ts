import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { comingBack } from '../../src/stream-server/protocol.ts'
import type { SessionMessage } from '../../src/stream-server/protocol.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { comesTrue } from '../fixtures/slipway.ts'
import { reports } from './support/reports.ts'
import { running } from './support/running.ts'
import { TestViewer, camera } from './support/viewer.ts'

const near = (seq: number) => camera(seq, [1, 0.5, 4], [1, 0, 0], 20)

const sessionOf = async (viewer: TestViewer): Promise<SessionMessage> =>
  await viewer.until(() => viewer.messages.find((message): message is SessionMessage => message.type === 'session'))

async function complete (url: string) {
  const viewer = await TestViewer.connect(url)
  viewer.say({ type: 'open', model: 'balls' })
  await viewer.scene()
  viewer.say(near(1))
  await viewer.idle(1)
  return { viewer, session: await sessionOf(viewer) }
}

t.test('a viewer whose network was gone comes back and is sent nothing twice', async t => {
  const taken = await reports(t)
  const { url, server } = await running(t, ['--liveliness-endpoint', taken.endpoint])
  const { viewer, session } = await complete(url)
  viewer.lose()
  await taken.until('viewers=0')
  const back = await TestViewer.connect(url)
  back.say({ type: 'resume', key: session.key, scene: true, bytes: viewer.receivedBytes })
  t.match(await sessionOf(back), { graceSeconds: 30 })
  await taken.until('viewers=1')
  back.say(near(2))
  t.match(await back.idle(2), { bytes: viewer.receivedBytes })
  t.same(back.files, [])
  t.same(back.messages.filter(({ type }) => type === 'scene'), [])
  back.say(camera(3, [1, 0.1, 0.4], [1, 0, 0], 0.05))
  await back.idle(3)
  t.ok(back.files.length > 0, 'finer ones still come')
  back.close()
  t.equal(await server.finished, 0)
})

t.test('what was under way is sent again, and the scene if it had not come', async t => {
  const { url } = await running(t)
  const { viewer, session } = await complete(url)
  const [first] = viewer.files
  viewer.lose()
  const back = await TestViewer.connect(url)
  back.say({ type: 'resume', key: session.key, scene: false, bytes: viewer.receivedBytes })
  await back.scene()
  const next = await sessionOf(back)
  back.lose()
  const again = await TestViewer.connect(url)
  again.say({ type: 'resume', key: next.key, scene: true, bytes: viewer.receivedBytes })
  await sessionOf(again)
  t.ok(first)
  again.say(near(2))
  await again.idle(2)
  t.same(again.files, [])
  again.close()
})

t.test('a new socket may come before the loss of the old one was noticed', async t => {
  const { url, server, log } = await running(t)
  const { viewer, session } = await complete(url)
  const back = await TestViewer.connect(url)
  back.say({ type: 'resume', key: session.key, scene: true, bytes: viewer.receivedBytes })
  await sessionOf(back)
  await viewer.closed
  back.say(near(2))
  await back.idle(2)
  t.notOk(log.includes('the viewer has left'))
  back.close()
  t.equal(await server.finished, 0)
})

t.test('a viewer that does not come back in time is given up', async t => {
  const clock = new FakeClock()
  const taken = await reports(t)
  const { url, server, log } = await running(t, ['--liveliness-endpoint', taken.endpoint], clock)
  const { viewer, session } = await complete(url)
  t.equal(session.graceSeconds, 30)
  viewer.lose()
  await taken.until('viewers=0')
  await clock.advance(29_999)
  t.notOk(log.includes('the viewer did not come back'))
  await clock.advance(1)
  t.equal(await server.finished, 0)
  t.ok(log.includes('the viewer did not come back'))
})

t.test('who does not know the key does not get the session, nor more than was sent', async t => {
  const { url } = await running(t)
  const { viewer, session } = await complete(url)
  for (const key of ['', 'x'.repeat(22), session.key.slice(1)]) {
    const stranger = await TestViewer.connect(url)
    stranger.say({ type: 'resume', key, scene: true, bytes: 0 })
    t.match(await stranger.closed, { code: 4410 })
  }
  viewer.say(near(2))
  await viewer.idle(2)
  const liar = await TestViewer.connect(url)
  liar.say({ type: 'resume', key: session.key, scene: true, bytes: viewer.receivedBytes + 1 })
  t.match(await liar.closed, { code: 1008, reason: 'resume: not what was sent' })
})

t.test('a key is good for coming back once, and until its viewer has shown that it has the next', async t => {
  const { url } = await running(t)
  const { viewer, session } = await complete(url)
  const resume = { type: 'resume', key: session.key, scene: true, bytes: viewer.receivedBytes }
  viewer.lose()
  const unlucky = await TestViewer.connect(url)
  unlucky.say(resume)
  t.not((await sessionOf(unlucky)).key, session.key)
  // Its connection goes before it could read that.
  unlucky.lose()
  const back = await TestViewer.connect(url)
  back.say(resume)
  const { key } = await sessionOf(back)
  back.say(near(2))
  await back.idle(2)
  const thief = await TestViewer.connect(url)
  thief.say(resume)
  t.match(await thief.closed, { code: 4410 })
  const again = await TestViewer.connect(url)
  again.say({ ...resume, key })
  await sessionOf(again)
  t.match(await back.closed, { code: 1006 })
})

t.test('a page that is loaded again goes on in the same session, and is sent everything once more', async t => {
  const taken = await reports(t)
  const { url, server, log } = await running(t, ['--liveliness-endpoint', taken.endpoint])
  const { viewer, session } = await complete(url)
  viewer.socket.close(comingBack)
  await taken.until('viewers=0')
  const back = await TestViewer.connect(url)
  back.say({ type: 'resume', key: session.key, scene: false, bytes: 0, anew: true })
  await sessionOf(back)
  await back.scene()
  await taken.until('viewers=1')
  back.say(near(2))
  t.match(await back.idle(2), { bytes: back.receivedBytes, chunks: viewer.files.length })
  const which = ({ files }: TestViewer) => files.map(({ part, level }) => [part, level])
  t.same(which(back), which(viewer))
  t.ok(log.includes('the viewer is back, with nothing'))
  back.close()
  t.equal(await server.finished, 0)
})

t.test('a page that went away and is not loaded again is waited for only a little', async t => {
  const clock = new FakeClock()
  const taken = await reports(t)
  const { url, server, log } = await running(t, ['--liveliness-endpoint', taken.endpoint], clock)
  const { viewer } = await complete(url)
  viewer.socket.close(comingBack)
  await taken.until('viewers=0')
  await clock.advance(14_999)
  t.notOk(log.includes('the viewer did not come back'))
  await clock.advance(1)
  t.equal(await server.finished, 0)
})

t.test('a page that began by the WebSocket itself has nowhere to come back to: its session ends with it', async t => {
  const { url, server } = await running(t)
  const viewer = await TestViewer.connect(url, undefined, { headers: { 'Slipway-Way-Back': 'none' } })
  viewer.say({ type: 'open', model: 'balls' })
  await viewer.scene()
  viewer.socket.close(comingBack)
  t.equal(await server.finished, 0)
})

t.test('whoever begins anew has nothing', async t => {
  const { url } = await running(t)
  const { session } = await complete(url)
  for (const wrong of [{ scene: true, bytes: 0 }, { scene: false, bytes: 1 }]) {
    const liar = await TestViewer.connect(url)
    liar.say({ type: 'resume', key: session.key, ...wrong, anew: true })
    t.match(await liar.closed, { code: 1008, reason: 'resume: whoever begins anew has no scene and no bytes' })
  }
})

t.test('whose model turned out to be unreadable while it was away is told so when it comes back', async t => {
  for (const anew of [false, true]) {
    const { url, server, models, log } = await running(t)
    await writeFile(join(models, 'broken.glb'), 'not a model')
    const viewer = await TestViewer.connect(url)
    viewer.say({ type: 'open', model: 'broken' })
    const { key } = await sessionOf(viewer)
    viewer.lose()
    await comesTrue('it is refused', () => log.some(line => line.startsWith('viewer refused (badModel)')))
    t.ok(log.some(line => line.startsWith('the viewer\'s connection was lost')), 'after it was lost')
    const back = await TestViewer.connect(url)
    back.say({ type: 'resume', key, scene: false, bytes: 0, ...anew && { anew } })
    t.same(await back.closed, { code: 4422, reason: 'The model file is not a GLB file.' })
    t.match(back.messages, [{ type: 'error', code: 'badModel' }])
    t.equal(await server.finished, 0)
  }
})

t.test('whoever was sent away for what it said does not come back', async t => {
  const { url, server } = await running(t)
  const { viewer, session } = await complete(url)
  viewer.socket.pause()
  viewer.say({ type: 'open', model: 'balls' })
  const back = await TestViewer.connect(url)
  back.say({ type: 'resume', key: session.key, scene: true, bytes: viewer.receivedBytes })
  t.match(await back.closed, { code: 4410 })
  viewer.lose()
  t.equal(await server.finished, 0)
})

t.test('a key of another stream server, which had this port before, disturbs nobody', async t => {
  const { url, server, log } = await running(t)
  const stray = await TestViewer.connect(url)
  stray.say({ type: 'resume', key: 'x'.repeat(22), scene: true, bytes: 0 })
  t.match(await stray.closed, { code: 4410 })
  const early = await TestViewer.connect(url)
  const viewer = await TestViewer.connect(url)
  early.say({ type: 'resume', key: 'x'.repeat(22), scene: false, bytes: 0, anew: true })
  t.match(await early.closed, { code: 4410 })
  viewer.say({ type: 'open', model: 'balls' })
  await viewer.scene()
  t.equal(log.filter(line => line === 'a viewer has come').length, 1)
  viewer.close()
  t.equal(await server.finished, 0)
})
