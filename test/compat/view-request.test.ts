import t from 'tap'
import { parseViewRequest as parse } from '../../src/compat/view-request.ts'
import { stageRanges } from '../fixtures/spawner-stage.ts'

const plain = { renderer: 'csr', model: null, viewerModel: null, sessionToken: null, modelSearchDirectories: [], limits: {} }
const parseViewRequest = (body: unknown) => parse(body, stageRanges)

t.test('nothing asked is client-side rendering of whatever the viewer names', async t => {
  for (const body of [undefined, {}, { params: {} }, { class: 'csr_session' }, { class: 'anything' }, { class: '' }, { extra: 1, params: { statusUpdateFrequency: 5, readyEndpoint: null } },
    { params: null }, { params: [] }, { params: '' }, { class: null }, { class: 7 }, { class: ['ssr_session'] }, { class: 'x'.repeat(1_000) }, [], [{ class: 'ssr_session' }],
    { params: { model: null } }, { params: { model: '' } }, { params: { sessionToken: null } }, { params: { sessionToken: '' } }, { params: { modelSearchDirectories: null } }]) {
    t.same(parseViewRequest(body), { status: 'request', request: plain })
  }
})

t.test('everything asked', async t => {
  t.same(parseViewRequest({ class: 'ssr_session', params: { model: 'engine v2.1 (größer)', sessionToken: 'a b=c', modelSearchDirectories: ['/a', '/b'] } }), {
    status: 'request',
    request: { renderer: 'ssr', model: 'engine v2.1 (größer)', sessionToken: 'a b=c', modelSearchDirectories: ['/a', '/b'], viewerModel: null, limits: {} }
  })
})

t.test('a token may be any line of text', async t => {
  t.match(parseViewRequest({ params: { sessionToken: '-abc' } }), { request: { sessionToken: '-abc' } })
})

t.test('limits of its own, in seconds', async t => {
  t.match(parseViewRequest({ params: { limits: { startTimeout: 2.5, idleTimeout: '60', maxLifetime: 0, pingTimeout: null, firstConnectTimeout: '' } } }), { request: { limits: { startTimeout: 2_500, idleTimeout: 60_000, maxLifetime: 0 } } })
  t.same(parseViewRequest({ params: { limits: null } }), { status: 'request', request: plain })
  t.same(parseViewRequest({ params: { limits: { startTimeout: 31, pingTimeout: 0, idleTimeout: -1, maxLifetime: '1e3', idleTimout: 60 }, model: 'a/b' } }), {
    status: 'invalid',
    problems: [
      'params.model: expected a bare model name, without folder',
      'params.limits.startTimeout: expected from 0.1 to 30 s',
      'params.limits.pingTimeout: expected from 10 to 17 s',
      'params.limits.idleTimeout: expected at least 1 s, or 0 for no limit',
      'params.limits.maxLifetime: expected at least 1 s, or 0 for no limit',
      'params.limits.idleTimout: there is no such limit; expected startTimeout, firstConnectTimeout, pingTimeout, idleTimeout, maxLifetime'
    ]
  })
})

t.test('a problem says its field', async t => {
  for (const [body, field] of [
    [null, 'body'], [7, 'body'], ['x', 'body'],
    [{ params: { model: 7 } }, 'params.model'],
    [{ params: { model: 'x'.repeat(4097) } }, 'params.model'],
    [{ params: { model: 'a/b' } }, 'params.model'],
    [{ params: { model: '-x' } }, 'params.model'],
    [{ params: { limits: [60] } }, 'params.limits'],
    [{ params: { sessionToken: ['x'] } }, 'params.sessionToken'],
    [{ params: { sessionToken: 'a\0' } }, 'params.sessionToken'],
    [{ params: { modelSearchDirectories: '/a' } }, 'params.modelSearchDirectories'],
    [{ params: { modelSearchDirectories: Array(65).fill('/a') } }, 'params.modelSearchDirectories'],
    [{ params: { modelSearchDirectories: ['/a', 7] } }, 'params.modelSearchDirectories.1']
  ] as const) {
    const parsed = parseViewRequest(body)
    if (parsed.status !== 'invalid') return t.fail(JSON.stringify(body))
    t.ok(parsed.problems.length === 1 && parsed.problems[0]?.startsWith(`${field}: `), parsed.problems.join('; '))
  }
})
