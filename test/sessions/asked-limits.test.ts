import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { limitRanges, limitsInQuery } from '../../src/sessions/asked-limits.ts'
import { stageRanges } from '../fixtures/spawner-stage.ts'

const inQuery = (query: string) => limitsInQuery(new URLSearchParams(query), stageRanges)

t.test('limits stand in a query by their names, beside whatever else is there', async t => {
  t.same(inQuery('renderingLocation=csr&idleTimeout=3&limits.idleTimeout=60&limits.maxLifetime=0'), { status: 'limits', limits: { idleTimeout: 60_000, maxLifetime: 0 } })
  t.same(inQuery(''), { status: 'limits', limits: {} })
  t.same(inQuery('limits.firstConnectTimeout=121&limits.killStep=1'), {
    status: 'invalid',
    problems: ['limits.firstConnectTimeout: expected from 1 to 120 s', 'limits.killStep: there is no such limit; expected startTimeout, firstConnectTimeout, pingTimeout, idleTimeout, maxLifetime']
  })
})

function rangesOf (env: Record<string, string>) {
  const loaded = loadConfig(env)
  if (loaded.status === 'invalid') throw new Error(loaded.problems.join('; '))
  return limitRanges(loaded.config.sessions, loaded.config.ceilings)
}

t.test('what may be asked for is the ceiling, or else what all have', async t => {
  t.same(rangesOf({}), {
    startTimeout: { least: 0.1, most: 30 },
    firstConnectTimeout: { least: 1, most: 60 },
    pingTimeout: { least: 10, most: 17 },
    idleTimeout: { least: 1, most: Infinity },
    maxLifetime: { least: 1, most: Infinity }
  })
  t.match(rangesOf({ SLIPWAY_START_TIMEOUT_CEILING: '300', SLIPWAY_IDLE_TIMEOUT: '600', SLIPWAY_IDLE_TIMEOUT_CEILING: '3600', SLIPWAY_MAX_LIFETIME: '7200' }), {
    startTimeout: { most: 300 }, idleTimeout: { least: 1, most: 3_600 }, maxLifetime: { most: 7_200 }
  })
  t.match(rangesOf({ SLIPWAY_PING_INTERVAL: '5', SLIPWAY_PING_TIMEOUT: '6' }), { pingTimeout: { least: 6, most: 6 } }, 'never less than there is')
})

t.test('nobody gets more by asking for nothing', async t => {
  t.same(loadConfig({ SLIPWAY_START_TIMEOUT_CEILING: '10', SLIPWAY_IDLE_TIMEOUT_CEILING: '60' }), {
    status: 'invalid',
    problems: [
      'SLIPWAY_START_TIMEOUT and SLIPWAY_START_TIMEOUT_CEILING: a request that asks for nothing would get more (30 s) than one may ask for (10 s)',
      'SLIPWAY_IDLE_TIMEOUT and SLIPWAY_IDLE_TIMEOUT_CEILING: a request that asks for nothing would get more (no limit) than one may ask for (60 s)'
    ]
  })
})
