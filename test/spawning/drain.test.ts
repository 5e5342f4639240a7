import t from 'tap'
import { Drain } from '../../src/spawning/drain.ts'
import { settle } from '../fixtures/fake-clock.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'

async function stage (options: Parameters<typeof spawnerStage>[0] = {}) {
  const all = spawnerStage({ max: 4, ...options })
  const drain = new Drain(all.spawner, all.clock)
  await all.ready()
  all.spawner.viewerCame('id-1')
  const pings = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      await all.clock.advance(1_000)
      for (const { id, endedAt } of all.spawner.sessions()) if (endedAt === null) all.report(id, 'ping')
    }
  }
  return { ...all, drain, pings }
}

t.test('from the moment it begins nothing is given out, and its progress is told', async t => {
  const { spawner, request, report, drain, clock } = await stage()
  const asked = spawner.open(request())
  t.same(drain.progress, { draining: false, since: null, deadline: null, atStart: 0, left: 0 })
  const now = clock.now()
  t.same(drain.begin(60_000), { draining: true, since: now, deadline: now + 60_000, atStart: 2, left: 2 })
  t.match(await spawner.open(request()), { status: 'draining' })
  t.equal(spawner.unready, 'draining')
  await settle()
  report('id-2', 'ready')
  t.match(await asked, { status: 'opened' }, 'what was given out before goes on')
  report('id-1', 'disconnect')
  await clock.advance(5_000)
  t.match(drain.progress, { atStart: 2, left: 1 })
  drain.close()
  await spawner.close()
})

t.test('at the deadline what is left is stopped', async t => {
  const { spawner, drain, pings } = await stage()
  drain.begin(20_000)
  await pings(19)
  t.match(spawner.session('id-1'), { reason: null })
  await pings(1)
  t.match(spawner.session('id-1'), { state: 'stopped', reason: 'drain' })
  t.equal(drain.progress.left, 0)
  await spawner.close()
})

t.test('begun again it has another deadline, sooner or later', async t => {
  const { spawner, drain, clock, pings } = await stage()
  drain.begin(5_000)
  await pings(2)
  const { since, deadline } = drain.begin(10_000)
  t.equal(deadline, clock.now() + 10_000)
  t.equal(since, clock.now() - 2_000)
  await pings(5)
  t.match(spawner.session('id-1'), { reason: null })
  drain.begin(0)
  await pings(1)
  t.match(spawner.session('id-1'), { reason: 'drain' })
  await spawner.close()
})

t.test('called off it gives out again, and the deadline is none', async t => {
  const { spawner, request, report, launcher, drain, pings, clock } = await stage({ ahead: { csr: 1, ssr: 0 } })
  spawner.startAhead()
  await clock.advance(1_000)
  const orders = launcher.orders.length
  t.equal(orders, 2)
  report('id-2', 'ready')
  await settle()
  t.equal(drain.cancel(), false, 'there is none yet')
  drain.begin(5_000)
  await pings(1)
  t.match(spawner.session('id-2'), { reason: 'drain' }, 'nobody would ever ask for it')
  t.equal(drain.cancel(), true)
  t.match(drain.progress, { draining: false, since: null, deadline: null })
  await pings(10)
  t.match(spawner.session('id-1'), { reason: null })
  t.ok(launcher.orders.length > orders, 'one is started ahead again')
  const opening = spawner.open(request({ modelSearchDirectories: ['/m'] }))
  await settle()
  report(launcher.orders.at(-1)?.id ?? '', 'ready')
  t.match(await opening, { status: 'opened' })
  await spawner.close()
  t.equal(clock.pending, 0)
})

t.test('a service that is being stopped is not called back', async t => {
  const { spawner, drain, clock } = await stage()
  const now = clock.now()
  void spawner.emptied(now + 30_000)
  t.match(drain.progress, { draining: true, since: now, deadline: now + 30_000 }, 'a drain by a signal is seen, too')
  void spawner.stopAll()
  t.equal(drain.cancel(), false)
  t.equal(spawner.draining, true)
  await spawner.close()
})

t.test('where the service ends sooner than the drain would, that is the deadline', async t => {
  const { spawner, drain, clock } = await stage()
  const now = clock.now()
  t.match(drain.begin(600_000), { deadline: now + 600_000 })
  await clock.advance(1_000)
  void spawner.emptied(now + 31_000)
  t.match(drain.progress, { since: now, deadline: now + 31_000 })
  t.match(drain.begin(900_000), { deadline: now + 31_000 }, 'nobody can put that off')
  t.match(drain.begin(5_000), { deadline: now + 6_000 }, 'but be sooner')
  drain.close()
  await spawner.close()
})
