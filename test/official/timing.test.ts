import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'
import { settle } from '../fixtures/fake-clock.ts'
import { settingsOf } from '../fixtures/official-file.ts'

/** A spawner with the limits that an official file with this report interval asks for. */
function stage (interval: number, changes: Record<string, unknown> = {}) {
  const loaded = loadConfig(settingsOf({ spawnLivelinessReportIntervalTime: interval, ...changes }))
  if (loaded.status === 'invalid') throw new Error(loaded.problems.join('\n'))
  const { startTimeout, pingTimeout, killStep, firstConnectTimeout, max } = loaded.config.sessions
  return spawnerStage({ max, limits: { startTimeout: startTimeout * 1_000, pingTimeout: pingTimeout * 1_000, killStep: killStep * 1_000, firstConnectTimeout: firstConnectTimeout * 1_000 } })
}

for (const interval of [1, 5, 20]) {
  const silence = (3 * interval + 2) * 1_000

  t.test(`reports every ${interval} s: who is not ready after ${silence / 1_000} s is killed, and the caller is answered`, async t => {
    const { spawner, request, clock, launcher } = stage(interval)
    const answer = spawner.open(request())
    await clock.advance(silence - 1)
    t.same(launcher.signals, [])
    await clock.advance(1)
    t.same(launcher.signals, ['SIGTERM'])
    t.match(await answer, { status: 'startFailed', reason: 'start_timeout' })
  })

  t.test(`reports every ${interval} s: who is silent for ${silence / 1_000} s gets SIGTERM, 5 s later SIGKILL, 5 s later is a zombie whose port stays`, async t => {
    const { spawner, clock, launcher, ports, report, ready, presence } = stage(interval)
    launcher.obeys = []
    presence.says = 'present'
    await ready()
    await clock.advance(interval * 1_000)
    report('id-1', 'ping')
    await clock.advance(silence - 1)
    t.same(launcher.signals, [])
    await clock.advance(1)
    t.same(launcher.signals, ['SIGTERM'])
    await clock.advance(4_999)
    t.match(spawner.session('id-1'), { state: 'draining', killed: false })
    await clock.advance(1)
    t.same(launcher.signals, ['SIGTERM', 'SIGKILL'])
    t.match(spawner.session('id-1'), { state: 'draining', killed: true })
    await clock.advance(5_000)
    t.match(spawner.session('id-1'), { state: 'lost', reason: 'ping_timeout' })
    t.equal(ports.counts().leased, 1)
  })
}

t.test('ports are given out from the lowest on, as many as the file says, and the next request is turned away', async t => {
  const { spawner, request, launcher } = stage(5, { spawnMaxSpawnCount: 3 })
  for (let i = 0; i < 3; i++) void spawner.open(request())
  await settle()
  t.same(launcher.orders.map(({ args }) => args), [['--sc-port', '20000'], ['--sc-port', '20001'], ['--sc-port', '20002']])
  t.match(await spawner.open(request()), { status: 'full', limit: 3 })
})
