import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { settings } from '../../src/config/schema.ts'
import { startedAhead } from '../../src/config/started-ahead.ts'

const problemsOf = (env: Record<string, string>) => {
  const result = loadConfig(env)
  return result.status === 'invalid' ? result.problems : []
}

t.test('an empty environment gives the defaults', async t => {
  const result = loadConfig({ PATH: '/bin' })
  if (result.status !== 'loaded') return t.fail(result.problems.join())
  t.match(result.config, { http: { host: '127.0.0.1', port: 11182 }, ports: { begin: 11000 }, sessions: { max: 32 }, streamServer: { executable: '', renderers: ['csr', 'ssr'] } })
  t.throws(() => { result.config.http.port = 1 }, TypeError, 'nobody changes it later')
})

t.test('values are read in their own kind', async t => {
  const result = loadConfig({ SLIPWAY_PORT: '0', SLIPWAY_METRICS: 'off', SLIPWAY_MODEL_DIRS: '/a ; /b', SLIPWAY_RENDERERS: 'csr', SLIPWAY_PING_INTERVAL: '0.5', SLIPWAY_HOST: '' })
  if (result.status !== 'loaded') return t.fail(result.problems.join())
  t.equal(result.config.http.port, 0)
  t.equal(result.config.metrics.enabled, false)
  t.same(result.config.streamServer.modelDirs, ['/a', '/b'])
  t.same(result.config.streamServer.renderers, ['csr'])
  t.equal(result.config.sessions.pingInterval, 0.5)
  t.equal(result.config.http.host, '127.0.0.1', 'an empty value counts as not given')
})

t.test('every problem is told at once, each with what was expected', async t => {
  const problems = problemsOf({ SLIPWAY_PROT: '1', SLIPWAY_PORT: 'eleven', SLIPWAY_MAX_SESSIONS: '0', SLIPWAY_METRICS: 'maybe', SLIPWAY_LOG_LEVEL: 'loud', SLIPWAY_RENDERERS: 'csr,vulkan', SLIPWAY_PING_TIMEOUT: '3' })
  t.equal(problems.length, 7)
  t.match(problems.join('\n'), /SLIPWAY_PROT: there is no such setting; did you mean SLIPWAY_PORT\?/)
  t.match(problems.join('\n'), /SLIPWAY_PORT: expected a whole number from 0 to 65535, got "eleven"/)
  t.match(problems.join('\n'), /SLIPWAY_MAX_SESSIONS: expected a whole number from 1 to 10000, got "0"/)
  t.match(problems.join('\n'), /SLIPWAY_METRICS: expected true or false/)
  t.match(problems.join('\n'), /SLIPWAY_LOG_LEVEL: expected one of fatal, error/)
  t.match(problems.join('\n'), /SLIPWAY_RENDERERS: expected any of csr, ssr/)
  t.match(problems.join('\n'), /SLIPWAY_PING_TIMEOUT and SLIPWAY_PING_INTERVAL: the silence allowed/)
})

t.test('contradictions are told with the settings they are between', async t => {
  t.match(problemsOf({ SLIPWAY_WS_PORTS_BEGIN: '65530', SLIPWAY_MAX_SESSIONS: '10' }), [/end at 65539/])
  t.match(problemsOf({ SLIPWAY_METRICS: 'false', SLIPWAY_METRICS_PORT: '9000' }), [/switched off/])
  t.match(problemsOf({ SLIPWAY_PORT: '9000', SLIPWAY_METRICS_PORT: '9000' }), [/share the main one/])
  t.match(problemsOf({ SLIPWAY_PING_TIMEOUT: 'x', SLIPWAY_PING_INTERVAL: '100' }), [/expected a number/], 'an unreadable value contradicts nothing')
})

t.test('what stands in front of the service is checked before anything is bound', async t => {
  t.match(problemsOf({ SLIPWAY_ENDPOINT: 'wss://cad.example/' }), [/SLIPWAY_ENDPOINT: every session would have the same address/])
  t.match(problemsOf({ SLIPWAY_TRUSTED_PROXIES: '127.0.0.1, proxy.example' }), [/SLIPWAY_TRUSTED_PROXIES: proxy\.example is no address/])
  t.match(problemsOf({ SLIPWAY_PROXY_PROTOCOL: 'true' }), [/name the proxies/])
  t.match(problemsOf({ SLIPWAY_PROXY_PROTOCOL: 'true', SLIPWAY_TRUSTED_PROXIES: 'loopback', SLIPWAY_HOST: 'localhost' }), [/localhost is two addresses/])
  t.match(problemsOf({ SLIPWAY_PATH_PREFIX: '/cad/' }), [/without a slash at its end/])
  const [problem = ''] = problemsOf({ SLIPWAY_TOKEN_KEY: 'hunter2' })
  t.match(problem, /SLIPWAY_TOKEN_KEY: expected at least 32 characters/)
  t.notMatch(problem, /hunter2/, 'a secret is not told')
  t.same(problemsOf({ SLIPWAY_ENDPOINT: '{origin}/s/{token}', SLIPWAY_TRUSTED_PROXIES: 'loopback,10.0.0.0/8', SLIPWAY_PROXY_PROTOCOL: 'true', SLIPWAY_PATH_PREFIX: '/a/b', SLIPWAY_TOKEN_KEY: 'x'.repeat(32) }), [])
})

t.test('as many sessions are started ahead as are asked for, and by default one where it costs nobody much', async t => {
  const ahead = (env: Record<string, string>) => {
    const result = loadConfig(env)
    return result.status === 'loaded' ? startedAhead(result.config) : result.problems
  }
  t.same(ahead({}), { csr: 1, ssr: 0 })
  t.same(ahead({ SLIPWAY_MAX_SESSIONS: '3' }), { csr: 0, ssr: 0 })
  t.same(ahead({ SLIPWAY_STREAM_SERVER: '/sc' }), { csr: 0, ssr: 0 }, 'a real one may count its licences')
  t.same(ahead({ SLIPWAY_STREAM_SERVER: '/sc', SLIPWAY_STARTED_AHEAD_CSR: '3', SLIPWAY_STARTED_AHEAD_SSR: '2' }), { csr: 3, ssr: 2 })
  t.match(ahead({ SLIPWAY_STARTED_AHEAD_CSR: 'some' }), [/^SLIPWAY_STARTED_AHEAD_CSR: expected auto, or a whole number/])
  t.match(ahead({ SLIPWAY_STARTED_AHEAD_CSR: '4', SLIPWAY_MAX_SESSIONS: '4' }), [/4 sessions started ahead leave no seat free out of 4/])
  t.match(ahead({ SLIPWAY_STARTED_AHEAD_SSR: '1' }), [/SLIPWAY_STARTED_AHEAD_SSR and .*offer the renderer ssr/])
  t.match(ahead({ SLIPWAY_STREAM_SERVER: '/sc', SLIPWAY_STARTED_AHEAD_CSR: '1', SLIPWAY_RENDERERS: 'ssr' }), [/offer the renderer csr/])
  t.same(ahead({ SLIPWAY_MAX_SESSIONS: '1' }), { csr: 0, ssr: 0 }, 'one seat alone contradicts nothing')
})

t.test('nothing of the configuration can be altered, its lists neither, and none is shared with the next', async t => {
  const [given, usual, again] = [loadConfig({ SLIPWAY_MODEL_DIRS: '/a;/b', SLIPWAY_TRUSTED_PROXIES: 'loopback' }), loadConfig({}), loadConfig({})]
  for (const loaded of [given, usual]) {
    if (loaded.status === 'invalid') throw new Error(loaded.problems.join())
    const alterable = (at: string, value: unknown): string[] => typeof value !== 'object' || value === null
      ? []
      : [...Object.isFrozen(value) ? [] : [at], ...Object.entries(value).flatMap(([name, each]) => alterable(`${at}.${name}`, each))]
    t.same(alterable('config', loaded.config), [])
  }
  t.same(usual, again)
})

t.test('settings have names of their own and descriptions', async t => {
  t.equal(new Set(settings.map(({ schema }) => schema.env)).size, settings.length)
  for (const { schema } of settings) t.match(schema.description, /\.$/, schema.env)
})
