import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { portIsFree, portRange } from '../fixtures/leak-check.ts'
import { runSlipway, startSlipway } from '../fixtures/slipway.ts'
import { parted } from './support/raw-viewer.ts'

async function fileServer (t: Test, env: Record<string, string> = {}) {
  const folder = t.testdir({ web: { 'model.scs': 'an scs file', 'index.html': 'their page' } })
  const port = await portRange(1)
  const slipway = await startSlipway(t, { SLIPWAY_STATIC_DIRS: `${folder}/web`, SLIPWAY_FILE_SERVER_PORT: String(port), ...env })
  return { slipway, port, web: join(folder, 'web'), url: `http://127.0.0.1:${port}` }
}

t.test('the static folders, and nothing of the API or our page', async t => {
  const { url, web } = await fileServer(t)
  const answer = await fetch(`${url}/model.scs`)
  t.equal(await answer.text(), 'an scs file')
  t.equal(answer.headers.get('content-type'), 'application/octet-stream')
  t.equal(answer.headers.get('content-length'), '11')
  t.equal(answer.headers.get('access-control-allow-origin'), null)
  t.equal(await (await fetch(url)).text(), 'their page')
  writeFileSync(join(web, 'new.scz'), 'later')
  t.equal(await (await fetch(`${url}/new.scz`, { headers: { range: 'bytes=1-2' } })).text(), 'at')
  for (const path of ['/api/status', '/metrics', '/page.css', '/../package.json']) t.equal((await fetch(url + path)).status, 404, path)
  t.equal((await fetch(`${url}/api/spawn`, { method: 'POST' })).status, 404)
})

t.test('viewers connect there on any path, as on the main port', async t => {
  const { port } = await fileServer(t, { SLIPWAY_FILE_SERVER_CORS_ORIGIN: 'https://cad.test' })
  const viewer = new WebSocket(`ws://127.0.0.1:${port}/some/path?renderingLocation=ssr`, ['binary'])
  await once(viewer, 'open')
  t.equal(viewer.protocol, 'binary')
  viewer.send('hello')
  t.equal(String((await once(viewer, 'message'))[0]), 'hello')
  viewer.close()
  await parted(viewer)
  const page = new WebSocket(`ws://127.0.0.1:${port}/`, { origin: 'https://cad.test' })
  await once(page, 'open')
  page.close()
  await parted(page)
  for (const [path, origin, code] of [['/', 'https://evil.test', 4403], ['/api/events', `http://127.0.0.1:${port}`, 4404]] as const) {
    const stranger = new WebSocket(`ws://127.0.0.1:${port}${path}`, { origin })
    t.equal((await once(stranger, 'close'))[0], code, `${origin} at ${path}`)
  }
  t.equal((await fetch(`http://127.0.0.1:${port}/model.scs`)).headers.get('access-control-allow-origin'), 'https://cad.test')
})

t.test('no viewers where they are not wished', async t => {
  const { port } = await fileServer(t, { SLIPWAY_FILE_SERVER_PROXY: 'false' })
  const viewer = new WebSocket(`ws://127.0.0.1:${port}/nothing`)
  const [error] = await once(viewer, 'error')
  t.match(error.message, /404/)
})

t.test('it is off unless it has a port, and ends with the service', async t => {
  const { slipway, port } = await fileServer(t)
  const viewer = new WebSocket(`ws://127.0.0.1:${port}/`)
  await once(viewer, 'open')
  const [ended] = await Promise.all([slipway.stop('SIGINT'), parted(viewer)])
  t.equal(ended.code, 0)
  t.ok(await portIsFree(port))
  const { log } = await startSlipway(t)
  t.notOk(log.some(({ listener }) => listener === 'files'))
})

t.test('a port that somebody else holds is told at once', async t => {
  const { port } = await fileServer(t)
  t.match(await runSlipway(t, { SLIPWAY_FILE_SERVER_PORT: String(port) }), { code: 1, stderr: /EADDRINUSE/ })
})
