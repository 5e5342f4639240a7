import { comesTrue } from '../fixtures/slipway.ts'
import { ask, endpointOf, visit, type Row } from './contract.ts'

const states = ['launching', 'ready', 'suspect', 'disconnected', 'nice-killed', 'killed', 'zombie', 'dead']
const megabytes = /^-?\d+\.\d{3} MB$/
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const oddHeaders = 'Content-Type, Access-Control-Allow-Origin, Access-Control-Allow-Methods, Access-Control-Allow-Headers'

/** The official pages: sections 1.5 to 1.10. */
export const pageRows: readonly Row[] = [
  {
    section: '1.1',
    title: 'POST /api/shutdown answers, then stops the server',
    official: '200 `{status:"ok", message:"Server is shutting down"}`, then exit code 0',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const { slipway, ...rest } = await target.start(t)
      await ask({ slipway, ...rest }, 'POST', '/api/spawn', {})
      t.match(await ask({ slipway, ...rest }, 'POST', '/api/shutdown'), { status: 200, body: { status: 'ok', message: 'Server is shutting down' } })
      t.equal((await slipway.ended).code, 0)
    }
  },
  {
    section: '1.1',
    title: 'who may call /api/gc and /api/shutdown',
    official: 'anybody',
    verdict: 'different',
    why: 'programs on this machine, or whoever has `SLIPWAY_ADMIN_KEY`; others get 403; `SLIPWAY_OPEN` lets anybody',
    own: true,
    check: async (t, target) => {
      const guarded = await target.start(t, {}, { SLIPWAY_ADMIN_KEY: 'k3y' })
      const elsewhere = { 'x-forwarded-for': '192.0.2.1' }
      for (const path of ['/api/gc', '/api/shutdown']) t.match(await ask(guarded, 'POST', path, undefined, elsewhere), { status: 403, body: { status: 'failed', reason: String } }, path)
      t.equal((await ask(guarded, 'POST', '/api/gc', undefined, { ...elsewhere, authorization: 'Bearer k3y' })).status, 200)
      const open = await target.start(t, {}, { SLIPWAY_OPEN: 'true' })
      t.equal((await ask(open, 'POST', '/api/gc', undefined, elsewhere)).status, 200)
    }
  },
  {
    section: '1.5',
    title: 'GET /api/help lists five commands, with a colon too many in a key',
    official: '`{status:"ok", "rest-commands":{help, shutdown, status, spawns, gc}}`, each with `description:`, `endpoint`, `http-command`, `curl`',
    verdict: 'same',
    check: async (t, target) => {
      const { status, body } = await ask(target, 'GET', '/api/help')
      t.equal(status, 200)
      t.equal(body['status'], 'ok')
      const commands = body['rest-commands'] as Record<string, Record<string, string>>
      t.same(Object.keys(commands), ['help', 'shutdown', 'status', 'spawns', 'gc'])
      for (const [name, command] of Object.entries(commands)) {
        t.same(Object.keys(command).sort(), ['curl', 'description:', 'endpoint', 'http-command'])
        t.match(command, { endpoint: `api/${name}`, 'http-command': name === 'gc' || name === 'shutdown' ? 'POST' : 'GET', curl: /^curl/ })
      }
    }
  },
  {
    section: '1.6',
    title: 'GET /api/status counts spawns per state at its top level',
    official: '`timestamp`, `status`, `config`, `memory`, `usedSpawnPorts`, `availableSpawnPorts` and eight states, zeros included',
    verdict: 'same',
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', {})
      const { body } = await ask(target, 'GET', '/api/status')
      t.match(body, { timestamp: iso, status: 'ok', config: Object, memory: { rss: megabytes, heapTotal: megabytes, heapUsed: megabytes, external: megabytes } })
      for (const name of ['usedSpawnPorts', 'availableSpawnPorts', ...states]) t.ok(Number.isInteger(body[name]), name)
      t.ok(Number(body['ready']) >= 1)
      await visit(endpointOf(answer))
    }
  },
  {
    section: '1.6',
    title: 'a stream server that is silent is suspect',
    official: 'after 2 i + 2 s, i being the report interval',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const brief = await target.start(t, {}, { SLIPWAY_PING_INTERVAL: '0.1' })
      await ask(brief, 'POST', '/api/spawn', { params: { model: 'mode-silent-after-ready' } })
      t.match((await ask(brief, 'GET', '/api/status')).body, { ready: 1, suspect: 0 })
      await comesTrue('it is suspect', async () => (await ask(brief, 'GET', '/api/status')).body['suspect'] === 1)
      t.match((await ask(brief, 'GET', '/api/spawns')).body, { spawns: [{ state: 'suspect' }] })
    }
  },
  {
    section: '1.6',
    title: 'a stream server that is killed',
    official: '`nice-killed` after SIGTERM, `killed` after SIGKILL, `zombie` when it outlives that',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const patient = await target.start(t, {}, { SLIPWAY_KILL_STEP: '1' })
      const { body } = await ask(patient, 'POST', '/api/spawn', { params: { model: 'mode-ignore-sigterm' } })
      const stopped = ask(patient, 'DELETE', `/api/spawns/${String(body['serviceId'])}`)
      await comesTrue('it is nicely killed', async () => (await ask(patient, 'GET', '/api/status')).body['nice-killed'] === 1)
      await stopped
      t.match((await ask(patient, 'GET', '/api/status')).body, { 'nice-killed': 0, killed: 0, dead: 0 })
    }
  },
  {
    section: '1.6',
    title: 'GET /api/status counts the viewers of each GPU',
    official: '`gpuAllocation`, a number for each index, only with `ssrGpuCount`',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      t.notOk('gpuAllocation' in (await ask(target, 'GET', '/api/status')).body)
      const spread = await target.start(t, { ssrGpuCount: 2 })
      t.match((await ask(spread, 'GET', '/api/status')).body['gpuAllocation'], { 0: 0, 1: 0 })
      await ask(spread, 'POST', '/api/spawn', { class: 'ssr_session' })
      t.same((await ask(spread, 'GET', '/api/status')).body['gpuAllocation'], { 0: 1, 1: 0 })
    }
  },
  {
    section: '1.6',
    title: 'the configuration in the status page hides secrets',
    official: '`license`, `sslPrivateKey`, `sslCertificate` are `"<hidden>"`; a regular expression is `{}`',
    verdict: 'same',
    check: async (t, target) => {
      const { body } = await ask(target, 'GET', '/api/status')
      t.match(body['config'], { license: '<hidden>', sslPrivateKey: '<hidden>', sslCertificate: '<hidden>', csrEnabled: Boolean, spawnMaxSpawnCount: Number })
      t.same((body['config'] as Record<string, unknown>)['logRestFilterRegex'], {})
    }
  },
  {
    section: '1.6',
    title: 'keys of the configuration that the server does not know are in the status page too',
    official: 'as they are',
    verdict: 'different',
    why: 'those with a name like a secret\'s are `"<hidden>"`; so is every text, which may be a path, unless `SLIPWAY_OPEN`',
    own: true,
    check: async (t, target) => {
      const more = { companySeats: 12, companyName: 'Example', companyKey: 's3cret' }
      t.match((await ask(await target.start(t, more), 'GET', '/api/status')).body['config'], { companySeats: 12, companyName: '<hidden>', companyKey: '<hidden>' })
      t.match((await ask(await target.start(t, more, { SLIPWAY_OPEN: 'true' }), 'GET', '/api/status')).body['config'], { ...more, companyKey: '<hidden>' })
    }
  },
  {
    section: '1.6',
    title: 'the configuration in the status page and the paths of the machine',
    official: 'all of them, absolute',
    verdict: 'different',
    why: 'hidden too, and without an official file the limits and switches alone; `SLIPWAY_OPEN` shows them',
    own: true,
    check: async (t, target) => {
      t.match((await ask(target, 'GET', '/api/status')).body['config'], { modelDirs: '<hidden>', communicatorDir: '<hidden>', logDir: '<hidden>', modelAbsDirs: undefined })
      const open = await target.start(t, {}, { SLIPWAY_OPEN: 'true' })
      t.match((await ask(open, 'GET', '/api/status')).body['config'], { modelDirs: [/^\//], modelAbsDirs: [/^\//], workspaceAbsDir: /\/workspace$/, licenseAbsFile: /\/licence\.txt$/, logAbsDir: /^\//, license: '<hidden>', statusUriBase: `http://127.0.0.1:${open.slipway.port}/api/spawns/` })
    }
  },
  {
    section: '1.7',
    title: 'GET /api/spawns lists them',
    official: '`{timestamp, spawns:[{id, state, spawnTime, lastUpdateTime}]}`',
    verdict: 'same',
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', {})
      const { body } = await ask(target, 'GET', '/api/spawns')
      t.match(body['timestamp'], iso)
      const spawn = (body['spawns'] as Array<Record<string, string>>).find(({ id }) => id === answer.body['serviceId'])
      t.same(Object.keys(spawn ?? {}), ['id', 'state', 'spawnTime', 'lastUpdateTime'])
      t.match(spawn, { state: 'ready', spawnTime: iso, lastUpdateTime: iso })
      await visit(endpointOf(answer))
    }
  },
  {
    section: '1.8',
    title: 'POST /api/gc under --expose-gc',
    official: '`{status:"ok", preGcMemory, postGcMemory, delta}`, amounts as `"x.xxx MB"`',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const amounts = { rss: megabytes, heapUsed: megabytes }
      t.match(await ask(target, 'POST', '/api/gc'), { status: 200, body: { status: 'ok', preGcMemory: amounts, postGcMemory: amounts, delta: amounts } })
    }
  },
  {
    section: '1.8',
    title: 'POST /api/gc without --expose-gc',
    official: '`{status:"failed", reason:"Manual GC is not enabled"}`, meant to be 503, sent as 200',
    verdict: 'better',
    why: 'the same words as 503',
    own: true,
    check: async (t, target) => {
      const plain = await target.start(t, {}, {}, [])
      t.match(await ask(plain, 'POST', '/api/gc'), { status: 503, body: { status: 'failed', reason: 'Manual GC is not enabled' } })
    }
  },
  {
    section: '1.9',
    title: 'help, status, spawns are indented, or raw where that is asked for',
    official: 'two spaces; `?raw=true`, in any case, gives one line',
    verdict: 'same',
    check: async (t, target) => {
      for (const path of ['/api/help', '/api/status', '/api/spawns']) {
        const pretty = await ask(target, 'GET', path)
        t.match(pretty.headers.get('content-type'), /^application\/json/)
        t.equal(pretty.text, JSON.stringify(pretty.body, null, 2))
        for (const raw of ['true', 'TRUE']) t.notMatch((await ask(target, 'GET', `${path}?raw=${raw}`)).text, '\n')
        t.match((await ask(target, 'GET', `${path}?raw=1`)).text, '\n')
      }
    }
  },
  {
    section: '1.10',
    title: 'every answer carries the CORS headers, with the odd list of names',
    official: '`Access-Control-Allow-Origin: *` or as configured, `-Methods: POST`, `-Headers` with three `Access-Control-*` names in it',
    verdict: 'same',
    check: async (t, target) => {
      for (const [method, path] of [['OPTIONS', '/api/spawn'], ['OPTIONS', '/service'], ['GET', '/api/status'], ['GET', '/api/nothing'], ['POST', '/api/spawns/nobody'], ['POST', '/api/nothing']] as const) {
        const { headers } = await ask(target, method, path, undefined, { origin: 'https://plm.example' })
        t.equal(headers.get('access-control-allow-origin'), '*', path)
        t.equal(headers.get('access-control-allow-methods'), 'POST')
        t.equal(headers.get('access-control-allow-headers'), oddHeaders)
        for (const none of ['access-control-allow-credentials', 'access-control-max-age']) t.equal(headers.get(none), null)
      }
    }
  },
  {
    section: '1.10',
    title: 'which pages may ask is configurable',
    official: '`spawnServerAccessControlAllowOriginHeader`, a header alone',
    verdict: 'better',
    why: 'a page of another origin is also refused, with 403, by REST and by WebSocket; without an official file only our own page may ask',
    own: true,
    check: async (t, target) => {
      const chosen = await target.start(t, { spawnServerAccessControlAllowOriginHeader: 'https://plm.example' })
      const { status, headers } = await ask(chosen, 'OPTIONS', '/service', undefined, { origin: 'https://plm.example' })
      t.equal(status, 200)
      t.equal(headers.get('access-control-allow-origin'), 'https://plm.example')
      t.match(await ask(chosen, 'POST', '/service', {}, { origin: 'https://evil.example' }), { status: 403, body: { result: 'error', reason: String } })
    }
  }
]
