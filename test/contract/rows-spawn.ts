import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue } from '../fixtures/slipway.ts'
import { ask, endpointOf, visit, type Row, type Target } from './contract.ts'
import { argumentsOf, wordsOf } from './process.ts'

const usedPorts = async (target: Target) => (await ask(target, 'GET', '/api/status')).body['usedSpawnPorts']
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Asking for a viewer by REST: sections 1.1 to 1.4. */
export const spawnRows: readonly Row[] = [
  {
    section: '1.1',
    title: 'POST /service is POST /api/spawn by another name',
    official: 'same handler',
    verdict: 'same',
    check: async (t, target) => {
      for (const path of ['/service', '/api/spawn']) {
        const answer = await ask(target, 'POST', path, { class: 'csr_session', params: {} })
        t.match(answer, { status: 200, body: { result: 'ok', serviceId: uuid, endpoints: { ws: /^wss?:/ } } })
        await visit(endpointOf(answer))
      }
    }
  },
  {
    section: '1.1',
    title: 'unknown URLs and wrong methods are Not Found',
    official: '404 `{result:"error", reason:"Not Found"}`',
    verdict: 'same',
    check: async (t, target) => {
      for (const [method, path] of [['GET', '/api/nothing'], ['POST', '/api/nothing'], ['GET', '/api/spawn'], ['GET', '/service'], ['POST', '/api/status'], ['GET', '/api/gc'], ['GET', '/api/shutdown'], ['PUT', '/api/spawns']] as const) {
        t.match(await ask(target, method, path), { status: 404, body: { result: 'error', reason: 'Not Found' } }, `${method} ${path}`)
      }
    }
  },
  {
    section: '1.1',
    title: 'OPTIONS on a POST route tells so',
    official: '200, `Allow: POST`, the text `POST`',
    verdict: 'same',
    check: async (t, target) => {
      for (const path of ['/api/spawn', '/service', '/api/gc', '/api/shutdown', '/api/spawns/somebody']) {
        const { status, headers, text } = await ask(target, 'OPTIONS', path)
        t.same({ status, allow: headers.get('allow'), text }, { status: 200, allow: 'POST', text: 'POST' }, path)
      }
    }
  },
  {
    section: '1.2',
    title: 'a request without a body is an empty one',
    official: 'treated as `{}`: client rendering',
    verdict: 'same',
    check: async (t, target) => {
      for (const headers of [{}, { 'content-type': 'application/json' }]) {
        const answer = await ask(target, 'POST', '/api/spawn', undefined, headers)
        t.equal(answer.body['result'], 'ok')
        await visit(endpointOf(answer))
      }
    }
  },
  {
    section: '1.2',
    title: 'a request may be url-encoded, with brackets',
    official: '`class=ssr_session&params[model]=x` works as JSON does',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const folders = t.testdir({ a: {}, b: {} })
      const free = await target.start(t, {}, { SLIPWAY_OPEN: 'true' })
      for (const list of [`params[modelSearchDirectories][]=${folders}/a&params[modelSearchDirectories][]=${folders}/b`, `params[modelSearchDirectories][0]=${folders}/a&params[modelSearchDirectories][1]=${folders}/b`]) {
        const form = `class=ssr_session&params[model]=my+engine&params[sessionToken]=a%20token&${list}&more[x]=1`
        const answer = await ask(free, 'POST', '/service', form, { 'content-type': 'application/x-www-form-urlencoded' })
        const [args] = processesWithArgument(String(answer.body['serviceId'])).map(argumentsOf)
        t.match(args, { '--ssr': 'true', '--model-file': 'my engine', '--session-token': 'a token' })
        t.ok(args?.['--model-search-directories']?.startsWith(`${folders}/a;${folders}/b;`))
        await visit(endpointOf(answer))
      }
    }
  },
  {
    section: '1.2',
    title: 'any class but ssr_session is client rendering',
    official: 'unknown words too',
    verdict: 'same',
    check: async (t, target) => {
      for (const [kind, renderer] of [['csr_session', 'csr'], ['anything', 'csr'], ['ssr_session', 'ssr']]) {
        const answer = await ask(target, 'POST', '/api/spawn', { class: kind })
        t.equal(answer.body['result'], 'ok')
        if (target.slipway !== null) t.match((await ask(target, 'GET', `/api/spawns/${String(answer.body['serviceId'])}`)).body, { renderer })
        await visit(endpointOf(answer))
      }
    }
  },
  {
    section: '1.2',
    title: 'fields that nobody knows, and those of former days, are ignored',
    official: '`readyEndpoint`, `statusEndpoint`, `disconnectEndpoint`, `statusUpdateFrequency` and unknown fields do nothing',
    verdict: 'same',
    check: async (t, target) => {
      const params = { readyEndpoint: 'http://x/', statusEndpoint: 'http://x/', disconnectEndpoint: 'http://x/', statusUpdateFrequency: '30', other: [1] }
      const answer = await ask(target, 'POST', '/service', { class: 'csr_session', params, more: true })
      t.equal(answer.body['result'], 'ok')
      await visit(endpointOf(answer))
    }
  },
  {
    section: '1.2',
    title: 'a modelSearchDirectories that is no list',
    official: '500, and the port is never given back',
    verdict: 'better',
    why: '400 with the field’s name; nothing is taken',
    check: async (t, target) => {
      const before = await usedPorts(target)
      t.match(await ask(target, 'POST', '/api/spawn', { params: { modelSearchDirectories: '/models' } }), { status: 400, body: { result: 'error', reason: /^params\.modelSearchDirectories: / } })
      t.ok(Number(await usedPorts(target)) <= Number(before))
    }
  },
  {
    section: '1.2',
    title: 'what is null or empty, a class that is no text, or a list as the body',
    official: 'as absent: client rendering of whatever the viewer names',
    verdict: 'same',
    check: async (t, target) => {
      for (const body of [{ params: null }, { class: null, params: { model: null, sessionToken: '' } }, { params: { model: '', sessionToken: null } }, { class: 7, params: [] }, []]) {
        const answer = await ask(target, 'POST', '/api/spawn', body)
        t.equal(answer.body['result'], 'ok', JSON.stringify(body))
        await visit(endpointOf(answer))
      }
    }
  },
  {
    section: '1.2',
    title: 'a model or a token that is no text',
    official: 'written on the command line as text, or 500',
    verdict: 'different',
    why: '400 that names every such field: whoever writes a client sees the mistake',
    check: async (t, target) => {
      const body = { params: { model: 1, sessionToken: [] } }
      t.match(await ask(target, 'POST', '/api/spawn', body), { status: 400, body: { result: 'error', reason: /params\.model: .*params\.sessionToken: |params\.sessionToken: .*params\.model: / } })
    }
  },
  {
    section: '1.2',
    title: 'a session token that begins like a flag',
    official: 'behind `--session-token`, where it is taken for the next flag',
    verdict: 'better',
    why: 'it is passed as `--session-token=<token>`',
    own: true,
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', { params: { sessionToken: '-abc' } })
      const [words] = processesWithArgument(String(answer.body['serviceId'])).map(wordsOf)
      t.ok(words?.includes('--session-token=-abc'))
      await visit(endpointOf(answer))
    }
  },
  {
    section: '1.2',
    title: 'folders that a request names',
    official: 'passed through, whatever they are',
    verdict: 'different',
    why: 'held to the configured ones, links resolved, `;` refused; `SLIPWAY_OPEN` passes them through',
    own: true,
    check: async (t, target) => {
      const body = { params: { modelSearchDirectories: ['/usr'] } }
      t.match(await ask(target, 'POST', '/api/spawn', body), { status: 400, body: { result: 'error', reason: /is not a folder inside/ } })
      const open = await target.start(t, {}, { SLIPWAY_OPEN: 'true' })
      t.equal((await ask(open, 'POST', '/api/spawn', body)).status, 200)
      await open.slipway.waitForLog(/^SLIPWAY_OPEN: /)
    }
  },
  {
    section: '1.3',
    title: 'the answer comes when the stream server is ready, in one line',
    official: '200 `{result:"ok", serviceId, endpoints:{ws}}`, compact, `serviceId` a UUID v4',
    verdict: 'same',
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', {})
      t.match(answer.body, { result: 'ok', serviceId: uuid, endpoints: { ws: /^wss?:\/\/[^/]+:\d+$/ } })
      t.match(answer.headers.get('content-type'), /^application\/json/)
      t.notMatch(answer.text, '\n')
      await visit(endpointOf(answer))
    }
  },
  {
    section: '1.3',
    title: 'the host in the answer where no public one is configured',
    official: '127.0.0.1',
    verdict: 'better',
    why: 'the host the caller used, so that it also works from another machine',
    check: async (t, target) => {
      const answer = await ask(target, 'POST', '/api/spawn', {})
      t.equal(new URL(endpointOf(answer)).hostname, new URL(target.url).hostname)
      await visit(endpointOf(answer))
    }
  },
  {
    section: '1.3',
    title: 'the configured host name is the one in the answer',
    official: '`publicHostname`',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const named = await target.start(t, { publicHostname: 'cad.example' })
      t.equal(new URL(endpointOf(await ask(named, 'POST', '/api/spawn', {}))).hostname, 'cad.example')
    }
  },
  {
    section: '1.3',
    title: 'a stream server that ends with code 0 before it is ready',
    official: '200 `{status:"ok"}`, which clients take for a failure',
    verdict: 'better',
    why: '500 `{status:"failed", reason}`',
    own: true,
    check: async (t, target) => {
      t.match(await ask(target, 'POST', '/api/spawn', { params: { model: 'mode-exit-0-before-ready' } }), { status: 500, body: { status: 'failed', reason: /reason='success', exit-code=0/ } })
    }
  },
  {
    section: '1.4',
    title: 'a renderer that is switched off',
    official: '403 `{status:"failed", reason:"Invalid rendering location"}`',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const { url, ...rest } = await target.start(t, { ssrEnabled: false })
      t.match(await ask({ url, ...rest }, 'POST', '/api/spawn', { class: 'ssr_session' }), { status: 403, body: { status: 'failed', reason: 'Invalid rendering location' } })
    }
  },
  {
    section: '1.4',
    title: 'no port left',
    official: '503 `{status:"failed", reason:"No ports available"}`',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const small = await target.start(t, {}, { SLIPWAY_MAX_SESSIONS: '1' })
      const first = await ask(small, 'POST', '/api/spawn', {})
      t.match(await ask(small, 'POST', '/api/spawn', {}), { status: 503, body: { status: 'failed', reason: 'No ports available' } })
      await visit(endpointOf(first))
      await comesTrue('there is room again', async () => (await ask(small, 'POST', '/api/spawn', {})).status === 200)
    }
  },
  {
    section: '1.4',
    title: 'a program that cannot be started',
    official: '500 `{status:"failed", reason}` with Node’s words',
    verdict: 'better',
    why: 'the reason says what to do',
    own: true,
    check: async (t, target) => {
      const broken = await target.start(t)
      rmSync(broken.slipway.streamServer)
      t.match(await ask(broken, 'POST', '/api/spawn', {}), { status: 500, body: { status: 'failed', reason: /^There is no file .*Check the executable's path/ } })
      t.equal(await usedPorts(broken), 0)
    }
  },
  {
    section: '1.4',
    title: 'a stream server that fails before it is ready',
    official: "500 `{status:\"failed\", reason:\"<exe> failed: reason='<text>', exit-code=<n>, id=<uuid>\"}`",
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      t.match(await ask(target, 'POST', '/api/spawn', { params: { model: 'mode-exit-licence' } }), { status: 500, body: { status: 'failed', reason: /^ts3d_sc_server failed: reason='invalid license', exit-code=6, id=[0-9a-f-]{36}$/ } })
      t.match(await ask(target, 'POST', '/api/spawn', { params: { model: 'mode-crash-at-start' } }), { status: 500, body: { status: 'failed', reason: /reason='unexpected exit', exit-code=1, id=/ } })
    }
  },
  {
    section: '1.4',
    title: 'a stream server that dies by a signal before it is ready',
    official: "500, `reason='exited because of signal=<SIG>, no exit-code'`",
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const sessionToken = randomUUID()
      const asked = ask(target, 'POST', '/api/spawn', { params: { model: 'mode-never-ready', sessionToken } })
      const pids = () => processesWithArgument(sessionToken)
      await comesTrue('it is started', () => pids().length > 0)
      for (const pid of pids()) process.kill(pid, 'SIGKILL')
      t.match(await asked, { status: 500, body: { status: 'failed', reason: /^ts3d_sc_server failed: reason='exited because of signal=SIGKILL, no exit-code', id=/ } })
    }
  },
  {
    section: '1.4',
    title: 'a stream server that is not ready in time',
    official: '500 after 3 i + 2 s (i: the report interval), with the text of the signal it was ended with',
    verdict: 'better',
    why: 'after as long, with the words that it was not ready within so many seconds',
    own: true,
    check: async (t, target) => {
      const hasty = await target.start(t, {}, { SLIPWAY_START_TIMEOUT: '1' })
      t.match(await ask(hasty, 'POST', '/api/spawn', { params: { model: 'mode-never-ready' } }), { status: 500, body: { status: 'failed', reason: 'the stream server was not ready within 1 s' } })
    }
  },
  {
    section: '1.4',
    title: 'a body that is no JSON, or no object',
    official: '400 `{result:"error", reason}` with the parser’s words',
    verdict: 'same',
    check: async (t, target) => {
      for (const text of ['{"class":', 'nonsense', '7', '"text"']) {
        t.match(await ask(target, 'POST', '/api/spawn', text, { 'content-type': 'application/json' }), { status: 400, body: { result: 'error', reason: String } }, text)
      }
    }
  },
  {
    section: '1.4',
    title: 'a body of more than 100 kB',
    official: '413 `{result:"error", reason}`',
    verdict: 'same',
    check: async (t, target) => {
      const small = await ask(target, 'POST', '/api/spawn', { padding: 'x'.repeat(100_000) })
      t.equal(small.status, 200)
      await visit(endpointOf(small))
      t.match(await ask(target, 'POST', '/api/spawn', { padding: 'x'.repeat(103_000) }), { status: 413, body: { result: 'error', reason: String } })
    }
  }
]
