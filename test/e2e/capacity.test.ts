import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { portIsFree, processesWithArgument } from '../fixtures/leak-check.ts'
import { startSlipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer, stopSession } from './support/requests.ts'

async function holds (port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

t.test('a hundred callers at once: every seat is given once, everybody else is told when to come again', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_MAX_SESSIONS: '32' })
  for (const round of ['first', 'second']) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => askForViewer(slipway)))
    const opened = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 503)
    t.equal(opened.length, 32, `${round} round`)
    t.equal(refused.length, 68)
    t.ok(refused.every(({ headers }) => /^[1-9]\d*$/.test(headers.get('retry-after') ?? '')))
    t.ok(refused.every(({ body }) => body['status'] === 'failed' && body['reason'] === 'No ports available' && body['code'] === 'full'))
    t.equal(new Set(opened.map(({ body }) => (body['endpoints'] as { ws: string }).ws)).size, 32, 'no port is given twice')
    t.match(await asking(`${slipway.url}/readyz`), { status: 503, body: { ready: false, reason: 'full' } })
    t.match((await asking(`${slipway.url}/api/status`)).body, { usedSpawnPorts: 32, availableSpawnPorts: 0, ready: 32 })

    await Promise.all(opened.map(({ body }) => stopSession(slipway, String(body['serviceId']))))
    t.same(processesWithArgument(slipway.folder), [])
    t.same((await Promise.all(slipway.ports.map(portIsFree))).filter(free => !free), [])
    t.match((await asking(`${slipway.url}/api/status`)).body, { usedSpawnPorts: 0, availableSpawnPorts: 32, ready: 0 })
    t.match(await asking(`${slipway.url}/readyz`), { status: 200, body: { ready: true } })
  }
})

t.test('with a line, callers of both kinds wait for a seat and get it in turn', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_MAX_SESSIONS: '1', SLIPWAY_QUEUE_LENGTH: '2', SLIPWAY_SEAT_TIMEOUT: '60', SLIPWAY_PORT_REST: '0' })
  const depth = async (wanted: number) => {
    while (!new RegExp(`^slipway_queue_depth ${wanted}$`, 'm').test(await (await fetch(`${slipway.url}/metrics`)).text()));
  }
  const first = await askForViewer(slipway)
  const second = askForViewer(slipway)
  await depth(1)
  const viewer = new WebSocket(`${slipway.url.replace('http', 'ws')}/`)
  t.teardown(() => { viewer.terminate() })
  const joined = once(viewer, 'open')
  await depth(2)
  const turnedAway = await askForViewer(slipway)
  t.match(turnedAway, { status: 503, body: { code: 'full' } })
  await stopSession(slipway, String(first.body['serviceId']))
  const { status, body } = await second
  t.equal(status, 200, 'the one who came first')
  await stopSession(slipway, String(body['serviceId']))
  await joined
  t.pass('a viewer waits with its socket')
})

t.test('ports that other programs hold are left out, and come back when they are let go', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_PORT_RETRY: '1', SLIPWAY_QUEUE_TIMEOUT: '1' })
  const [a = 0, b = 0, c = 0, d = 0] = slipway.ports
  const others = await Promise.all([a, c].map(holds))
  t.teardown(() => { for (const other of others) other.close() })
  const first = await openViewer(slipway)
  const second = await openViewer(slipway)
  t.same([first.port, second.port], [b, d])
  t.match(await slipway.waitForLog(/is left alone/), { port: a, why: 'another process listens on it' })

  const refused = await askForViewer(slipway)
  t.equal(refused.status, 503)
  t.match(refused.body, { status: 'failed', reason: 'No ports available', code: /port_conflict|queue_timeout/ })
  t.ok(Number(refused.headers.get('retry-after')) > 0)

  for (const other of others) other.close()
  for (;;) {
    const { status, body } = await askForViewer(slipway)
    if (status === 503) continue
    t.equal(status, 200)
    t.ok([a, c].includes(Number(String(body['proxyPath']).split('/').pop())))
    break
  }
})

t.test('where other programs hold every port, nobody is let in and the reason is given', async t => {
  const slipway = await startSlipway(t)
  const others = await Promise.all(slipway.ports.map(holds))
  t.teardown(() => { for (const other of others) other.close() })
  const { status, headers, body } = await askForViewer(slipway)
  t.equal(status, 503)
  t.match(body, { status: 'failed', reason: 'No ports available', code: 'port_conflict' })
  t.ok(Number(headers.get('retry-after')) > 0)
  t.match((await asking(`${slipway.url}/api/status`)).body, { usedSpawnPorts: 0 })
  t.match(await (await fetch(`${slipway.url}/metrics`)).text(), /slipway_ports\{state="blocked"\} 4/)
})
