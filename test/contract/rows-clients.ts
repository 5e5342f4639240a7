import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue } from '../fixtures/slipway.ts'
import { addressOf, ask, endpointOf, greeted, refused, socketUrl, visit, type Row } from './contract.ts'

const startup = fileURLToPath(new URL('../../lib/Startup.js', import.meta.url))

/** Stream servers' reports (4.3), the tutorial's service (6), the official clients (7.2) and embedding products (8.2). */
export const clientRows: readonly Row[] = [
  {
    section: '4.3',
    title: 'reports are taken with one slash or two, and answered with nothing',
    official: '200 with an empty body; documented without the slash that it passes itself',
    verdict: 'same',
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', {})
      const id = String(answer.body['serviceId'])
      for (const path of [`/api/spawns/${id}`, `/api/spawns//${id}`]) {
        for (const word of ['ready', 'ping']) {
          const { status, text } = await ask(target, 'POST', `${path}?liveliness=${word}`)
          t.same({ status, text }, { status: 200, text: '' }, `${path} ${word}`)
        }
      }
      await visit(endpointOf(answer))
    }
  },
  {
    section: '4.3',
    title: 'a stream server that says it leaves is disconnected until it is gone',
    official: 'state `disconnected`',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', { params: { model: 'mode-ignore-sigterm' } })
      const id = String(answer.body['serviceId'])
      t.equal((await ask(target, 'POST', `/api/spawns/${id}?liveliness=disconnect`)).status, 200)
      const { body } = await ask(target, 'GET', '/api/spawns')
      t.match((body['spawns'] as Array<{ id: string }>).find(spawn => spawn.id === id), { state: 'disconnected' })
      await ask(target, 'DELETE', `/api/spawns/${id}`)
    }
  },
  {
    section: '4.3',
    title: 'a report of a stream server that nobody knows',
    official: '500 `{result:"error", reason:"Reported spawn doesn\'t exist"}`',
    verdict: 'better',
    why: 'the same words as 404',
    check: async (t, target) => {
      t.match(await ask(target, 'POST', '/api/spawns/b6d2ae3e-6a23-4bd7-9a02-58c0e6f8a8cc?liveliness=ping'), { status: 404, body: { result: 'error', reason: "Reported spawn doesn't exist" } })
    }
  },
  {
    section: '4.3',
    title: 'a report in a word that nobody knows',
    official: '500 `{result:"error"}`, and the stream server is suspect from then on',
    verdict: 'better',
    why: '400 that names the words there are; nothing changes',
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', {})
      const id = String(answer.body['serviceId'])
      t.match(await ask(target, 'POST', `/api/spawns/${id}?liveliness=nonsense`), { status: 400, body: { result: 'error', reason: /ready, ping, disconnect/ } })
      t.match((await ask(target, 'GET', '/api/status')).body, { suspect: 0 })
      await visit(endpointOf(answer))
    }
  },
  {
    section: '4.3',
    title: 'who may report',
    official: 'anybody who knows an id, and anybody can list them',
    verdict: 'different',
    why: 'programs on this machine: stream servers run here',
    own: true,
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', {})
      const path = `/api/spawns/${String(answer.body['serviceId'])}?liveliness=disconnect`
      for (const headers of [{ 'x-forwarded-for': '192.0.2.1' }, { origin: 'https://evil.example' }]) t.equal((await ask(target, 'POST', path, undefined, headers)).status, 403)
      await visit(endpointOf(answer))
    }
  },
  {
    section: '6',
    title: 'the tutorial’s POST /spawn and GET /status',
    official: 'held until ready: `{id, endpoint, rendererType}`; a bare list of `{id, port, rendererType, startTime}`',
    verdict: 'same',
    needs: ['CONTRACT_TUTORIAL_URL'],
    check: async (t, service) => {
      const target = { ...service, url: addressOf(service, 'CONTRACT_TUTORIAL_URL') }
      for (const [asked, rendererType] of [[{ rendererType: 'csr' }, 'csr'], [{ rendererType: 'ssr' }, 'ssr'], [{}, 'csr'], [undefined, 'csr']] as const) {
        const { status, body } = await ask(target, 'POST', '/spawn', asked)
        t.equal(status, 200)
        t.same(Object.keys(body).sort(), ['endpoint', 'id', 'rendererType'])
        t.match(body, { id: String, endpoint: /^wss?:/, rendererType })
        const list = (await ask(target, 'GET', '/status')).body as unknown as Array<{ id: string }>
        const shown = list.find(({ id }) => id === body['id'])
        t.same(Object.keys(shown ?? {}).sort(), ['id', 'port', 'rendererType', 'startTime'])
        t.match(shown, { port: Number(new URL(String(body['endpoint'])).port), rendererType, startTime: String })
        for (const word of ['ready', 'ping']) t.equal((await ask(target, 'POST', `/liveliness/${String(body['id'])}?liveliness=${word}`)).status, 200)
        await visit(String(body['endpoint']))
      }
    }
  },
  {
    section: '7.2',
    title: 'the request of the official client library (ServiceBroker)',
    official: 'three `Access-Control-*` request headers, fields that are ignored; wants `result: "ok"`, reads `endpoints`',
    verdict: 'same',
    check: async (t, target) => {
      const page = { origin: 'https://plm.example' }
      const preflight = await ask(target, 'OPTIONS', '/service', undefined, {
        ...page,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'access-control-allow-headers,access-control-allow-methods,access-control-allow-origin,content-type'
      })
      t.equal(preflight.status, 200)
      const allowed = String(preflight.headers.get('access-control-allow-headers')).toLowerCase().split(', ')
      t.same(allowed.sort(), ['access-control-allow-headers', 'access-control-allow-methods', 'access-control-allow-origin', 'content-type'])
      const answer = await ask(target, 'POST', '/service', { class: 'csr_session', params: { sessionToken: 't', readyEndpoint: '', statusUpdateFrequency: '60' } }, {
        ...page,
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'Content-Type, Access-Control-Allow-Origin, Access-Control-Allow-Methods, Access-Control-Allow-Headers'
      })
      t.match(answer.body, { result: 'ok', serviceId: String })
      t.ok(Object.keys(answer.body['endpoints'] as object).some(key => ['WS', 'WSS', 'HTTP', 'HTTPS'].includes(key.toUpperCase())))
      await visit(endpointOf(answer))
    }
  },
  {
    section: '7.2',
    title: 'the request of the basic tutorial (ServerConnection)',
    official: '`POST /api/spawn` with `{"class":"csr_session","params":{}}`; wants status 200, reads `endpoints.ws`',
    verdict: 'same',
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', { class: 'csr_session', params: {} })
      t.equal(answer.status, 200)
      await visit(endpointOf(answer))
    }
  },
  {
    section: '7.2',
    title: 'a viewer by the path /wsproxy/<port>',
    official: 'a rule of the web server in front, in each installation anew',
    verdict: 'better',
    why: 'the session on that port is joined through the one public port; the answer to a request names the path in `proxyPath`',
    own: true,
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', {})
      const { port } = new URL(endpointOf(answer))
      t.equal(answer.body['proxyPath'], `/wsproxy/${port}`)
      t.same(await greeted(`${socketUrl(target)}/wsproxy/${port}/hello?x=1`, ['binary']), { path: '/hello?x=1', protocol: 'binary' })
      t.match(await refused(`${socketUrl(target)}/wsproxy/1`), { status: 404 })
    }
  },
  {
    section: '7.2',
    title: 'a request that ends before its answer',
    official: 'not noticed: the stream server leaves after `spawnInitialUseDuration`',
    verdict: 'better',
    why: 'its stream server is stopped',
    own: true,
    check: async (t, target) => {
      const sessionToken = randomUUID()
      const asking = request(`${target.url}/api/spawn`, { method: 'POST', headers: { 'content-type': 'application/json' } }).on('error', () => {})
      asking.end(JSON.stringify({ params: { model: 'mode-never-ready', sessionToken } }))
      await comesTrue('it is started', () => processesWithArgument(sessionToken).length > 0)
      asking.destroy()
      await comesTrue('it is stopped', () => processesWithArgument(sessionToken).length === 0)
      t.pass('nothing is left of it')
    }
  },
  {
    section: '8.2',
    title: 'an embedding product’s sequence: start, spawn, status, TERM',
    official: '`lib/Startup.js --config-file` from any folder, `status` and `dead` read, ended with SIGTERM',
    verdict: 'better',
    why: 'no stream server is left behind',
    own: true,
    check: async (t, target) => {
      const { slipway, ...rest } = await target.start(t, { publicHostname: null, fileServerPort: 0, ssrEnabled: false, ssrUseEgl: true, spawnMaxSpawnCount: 200 }, {}, undefined, startup)
      const product = { slipway, ...rest }
      t.equal((await ask(product, 'POST', '/api/spawn', { class: 'ssr_session' })).status, 403, 'it falls back to client rendering')
      const answer = await ask(product, 'POST', '/api/spawn', { class: 'csr_session' })
      t.match(answer.body, { result: 'ok', endpoints: { ws: String } })
      t.match((await ask(product, 'GET', '/api/status')).body, { status: 'ok', dead: 0, ready: 1 })
      const id = String(answer.body['serviceId'])
      t.equal(processesWithArgument(id).length, 1)
      t.equal((await slipway.stop('SIGTERM')).code, 0)
      t.same(processesWithArgument(id), [])
    }
  }
]
