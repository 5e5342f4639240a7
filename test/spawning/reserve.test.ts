import t, { type Test } from 'tap'
import type { Holder } from '../../src/ports/port-holder.ts'
import { settle } from '../fixtures/fake-clock.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'

/** A spawner that starts sessions ahead, whose stream servers say they are ready at once; `told` has its events. */
function aheadStage (t: Test, { csr = 1, ssr = 0, max = 4, ready = true, ...options }: Parameters<typeof spawnerStage>[0] & { csr?: number, ssr?: number, ready?: boolean } = {}) {
  const stage = spawnerStage({ max, ahead: { csr, ssr }, ...options })
  const { spawner, launcher, report, ports, clock } = stage
  const told: string[] = []
  spawner.on('claim', result => { told.push(result) })
  spawner.on('unfit', ({ session, why }) => { told.push(`${session.id}: ${why}`) })
  spawner.on('aheadFailed', ({ reason, inARow, pause }) => { told.push(`${reason} ${inARow} ${pause}`) })
  if (ready) {
    launcher.answer = ({ id }) => {
      queueMicrotask(() => { report(id, 'ready') })
      return { status: 'started', pid: 1000 }
    }
  }
  t.teardown(async () => {
    await spawner.close()
    await clock.advance(3_000)
    ports.close()
    if (ports.counts().leased > 0 || clock.pending > 0 || spawner.alive > 0) throw new Error('something is left')
  })
  /** States of the living, in the order they came. */
  const living = () => spawner.sessions().filter(({ endedAt }) => endedAt === null).map(({ id, state }) => `${id} ${state}`)
  const pings = async (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed += 1_000) {
      await clock.advance(1_000)
      for (const { id, endedAt } of spawner.sessions()) if (endedAt === null) report(id, 'ping')
    }
  }
  return { ...stage, told, living, pings }
}

t.test('a request finds a session ready, and another is started when the person was served', async t => {
  const { spawner, clock, launcher, request, living, told, diary } = aheadStage(t)
  t.same(living(), [], 'not before stream servers can report')
  spawner.startAhead()
  await settle()
  t.same(living(), ['id-1 spare'])
  t.match(spawner.session('id-1'), { via: null })
  t.equal(spawner.readyAhead, 1)
  await clock.advance(5_000)
  t.match(await spawner.open(request({ via: 'proxy' })), { status: 'opened', session: { id: 'id-1', state: 'ready', via: 'proxy', port: 20_000 } })
  t.equal(launcher.orders.length, 1, 'nothing was started for it')
  t.same(diary, ['id-1 ->queued', 'id-1 queued>starting', 'id-1 starting>spare', 'id-1 spare>ready'])
  t.equal(spawner.readyAhead, 0)
  await clock.advance(500)
  t.same(living(), ['id-1 ready', 'id-2 spare'])
  t.same(told, ['claimed'])
})

t.test('only a request without arguments of its own takes it, and only for the same renderer', async t => {
  const { spawner, request, living, told, clock } = aheadStage(t, { max: 8, ssr: 1 })
  spawner.startAhead()
  await clock.advance(500)
  for (const changes of [{ model: 'engine' }, { sessionToken: 'secret' }, { modelSearchDirectories: ['/m'] }]) t.match(await spawner.open(request(changes)), { status: 'opened' })
  t.same(living().slice(0, 2), ['id-1 spare', 'id-2 spare'])
  t.match(await spawner.open(request({ renderer: 'ssr' })), { session: { id: 'id-2', renderer: 'ssr' } })
  t.match(await spawner.open(request()), { session: { id: 'id-1', renderer: 'csr' } })
  t.same(told, ['claimed', 'claimed'])
})

t.test('the time to connect counts from the claim, the longest life too', async t => {
  const { spawner, clock, request, pings, report } = aheadStage(t, { limits: { maxLifetime: 100_000 } })
  spawner.startAhead()
  await pings(300_000)
  await spawner.open(request())
  await pings(59_000)
  t.equal(spawner.session('id-1')?.state, 'ready')
  report('id-1', 'ping', { viewers: 1 })
  await pings(40_000)
  t.equal(spawner.session('id-1')?.state, 'connected')
  await clock.advance(1_000)
  t.match(spawner.session('id-1'), { state: 'stopped', reason: 'max_lifetime' })
})

t.test('one that waited for its lifetime makes place for another', async t => {
  const { spawner, clock, pings, living, told } = aheadStage(t)
  spawner.startAhead()
  await pings(599_000)
  t.same(living(), ['id-1 spare'])
  await clock.advance(1_000)
  t.match(spawner.session('id-1'), { state: 'stopped', reason: 'recycled' })
  await clock.advance(500)
  t.same(living(), ['id-2 spare'])
  t.same(told, [], 'that is no failure')
})

t.test('they are started one at a time, with a pause between', async t => {
  const { spawner, clock, living, report } = aheadStage(t, { csr: 2, ssr: 1, max: 8, ready: false })
  spawner.startAhead()
  await clock.advance(5_000)
  t.same(living(), ['id-1 starting'])
  report('id-1', 'ready')
  await clock.advance(499)
  t.same(living(), ['id-1 spare'])
  await clock.advance(1)
  t.same(living(), ['id-1 spare', 'id-2 starting'])
  report('id-2', 'ready')
  await clock.advance(500)
  report('id-3', 'ready')
  await clock.advance(60_000)
  t.equal(spawner.sessions().filter(({ renderer }) => renderer === 'ssr').length, 1)
})

t.test('people come first: nothing is started ahead while somebody waits for a start', async t => {
  const { spawner, clock, living, report, request } = aheadStage(t, { ready: false })
  const opening = spawner.open(request({ model: 'engine' }))
  spawner.startAhead()
  await clock.advance(10_000)
  t.same(living(), ['id-1 starting'])
  report('id-1', 'ready')
  await opening
  await clock.advance(500)
  t.same(living(), ['id-1 ready', 'id-2 starting'])
})

t.test('a request that comes while one is being started ahead waits for that one', async t => {
  const { spawner, launcher, report, request, living, told, clock } = aheadStage(t, { ready: false })
  spawner.startAhead()
  await settle()
  const opening = spawner.open(request())
  const second = spawner.open(request())
  await settle()
  t.equal(launcher.orders.length, 2, 'the second gets a start of its own')
  report('id-1', 'ready')
  report('id-2', 'ready')
  t.match(await opening, { status: 'opened', session: { id: 'id-1', state: 'ready', via: 'rest' } })
  t.match(await second, { status: 'opened', session: { id: 'id-2' } })
  t.same(told, ['none', 'none'])
  await clock.advance(500)
  t.same(living(), ['id-1 ready', 'id-2 ready', 'id-3 starting'])
})

t.test('whoever hangs up while it waits for such a start leaves no session behind', async t => {
  const { spawner, caller, request, living } = aheadStage(t, { ready: false })
  spawner.startAhead()
  await settle()
  const opening = spawner.open(request())
  caller.abort()
  t.match(await opening, { status: 'cancelled', reason: 'client_closed' })
  await settle()
  t.same(living(), [])
})

t.test('many requests at once never get the same session', async t => {
  const { spawner, clock, request } = aheadStage(t, { csr: 3, max: 8 })
  spawner.startAhead()
  await clock.advance(2_000)
  t.equal(spawner.readyAhead, 3)
  const results = await Promise.all(Array.from({ length: 12 }, async () => await spawner.open(request())))
  const ids = results.flatMap(result => result.status === 'opened' ? [result.session.id] : [])
  t.equal(ids.length, 8)
  t.equal(new Set(ids).size, 8)
  t.equal(results.filter(({ status }) => status === 'full').length, 4)
})

t.test('in a full house one that nobody uses makes place for who cannot take it', async t => {
  const { spawner, clock, request, living, ports } = aheadStage(t, { max: 2 })
  spawner.startAhead()
  await settle()
  await spawner.open(request({ model: 'one' }))
  t.equal(spawner.unready, null)
  const opening = spawner.open(request({ model: 'two' }))
  t.match(await spawner.open(request()), { status: 'full' }, 'its place is given once')
  await settle()
  t.match(spawner.session('id-1'), { state: 'stopped', reason: 'recycled' })
  t.match(spawner.session('id-3'), { state: 'queued' }, 'it waits for the port to rest')
  await clock.advance(2_000)
  t.match(await opening, { status: 'opened', session: { id: 'id-3', port: 20_000 } })
  t.equal(spawner.unready, 'full')
  await clock.advance(10_000)
  t.same(living(), ['id-2 ready', 'id-3 ready'], 'and none is started while there is no room')
  t.equal(ports.counts().leased, 2)
})

t.test('one that is just being started makes place too', async t => {
  const { spawner, clock, request, report } = aheadStage(t, { max: 2, ready: false })
  spawner.startAhead()
  await settle()
  const first = spawner.open(request({ model: 'one' }))
  const second = spawner.open(request({ renderer: 'ssr' }))
  await clock.advance(2_000)
  t.match(spawner.session('id-1'), { state: 'stopped', reason: 'recycled' })
  report('id-2', 'ready')
  report('id-3', 'ready')
  t.match(await Promise.all([first, second]), [{ status: 'opened' }, { status: 'opened' }])
})

t.test('where others hold the ports, one that nobody uses gives up its own', async t => {
  const { spawner, clock, request, taken } = aheadStage(t, { max: 3 })
  spawner.startAhead()
  await settle()
  taken.add(20_001).add(20_002)
  const opening = spawner.open(request({ model: 'one' }))
  await clock.advance(2_000)
  t.match(await opening, { status: 'opened', session: { port: 20_000 } }, 'though that is not known before they were tried')
})

t.test('one that turns out to be no good leaves its seat to whoever asked', async t => {
  const { spawner, clock, request, holder } = aheadStage(t, { max: 1, ports: 2 })
  let why: string | null = null
  holder.says = () => ({ status: 'known', lost: () => why })
  spawner.startAhead()
  await settle()
  why = 'its process is stopped'
  const opening = spawner.open(request())
  const second = spawner.open(request())
  t.match(await second, { status: 'full' }, 'one seat is promised once')
  await clock.advance(2_000)
  t.match(await opening, { status: 'opened', session: { id: 'id-2' } })
  t.match(spawner.session('id-1'), { reason: 'unfit' })
})

t.test('one that said it is ready and then lost its port is not kept for what it was', async t => {
  const { spawner, launcher, report, living } = aheadStage(t, { max: 3, ready: false })
  let runs = () => {}
  launcher.answer = () => new Promise(resolve => { runs = () => { resolve({ status: 'started', pid: 1000 }) } })
  spawner.startAhead()
  await settle()
  report('id-1', 'ready')
  runs()
  launcher.exit('id-1', { code: 10 })
  await settle()
  t.same(living(), ['id-1 starting'])
  report('id-1', 'ready')
  runs()
  await settle()
  t.same(living(), ['id-1 spare'])
  t.match(spawner.session('id-1'), { port: 20_001 })
})

t.test('the last free port is left to who needs it', async t => {
  const { spawner, clock, request, living } = aheadStage(t, { max: 2 })
  await spawner.open(request({ model: 'one' }))
  spawner.viewerCame('id-1')
  spawner.startAhead()
  await clock.advance(10_000)
  t.same(living(), ['id-1 connected'])
})

t.test('draining ends those that wait first and at once, and starts no more', async t => {
  const { spawner, clock, request, living } = aheadStage(t, { csr: 2 })
  spawner.startAhead()
  await clock.advance(1_000)
  await spawner.open(request())
  spawner.drain()
  await settle()
  t.same(living(), ['id-1 ready'])
  t.match(spawner.session('id-2'), { state: 'stopped', reason: 'drain' })
  t.match(await spawner.open(request()), { status: 'draining' })
  await clock.advance(10_000)
  t.same(living(), ['id-1 ready'])
})

t.test('one that dies is replaced; while they keep dying that gets slower and slower', async t => {
  const { spawner, clock, launcher, told, report } = aheadStage(t, { ready: false })
  launcher.answer = ({ id }) => {
    queueMicrotask(() => {
      report(id, 'ready')
      launcher.exit(id, { code: 3 })
    })
    return { status: 'started', pid: 1000 }
  }
  spawner.startAhead()
  await clock.advance(10 * 60_000)
  t.same(told.slice(0, 8), ['crashed 1 1000', 'crashed 2 2000', 'crashed 3 4000', 'crashed 4 8000', 'crashed 5 16000', 'crashed 6 32000', 'crashed 7 60000', 'crashed 8 60000'])
  t.ok(launcher.orders.length < 20, `${launcher.orders.length} starts in ten minutes`)
  launcher.answer = ({ id }) => {
    queueMicrotask(() => { report(id, 'ready') })
    return { status: 'started', pid: 1000 }
  }
  await clock.advance(60_000)
  t.equal(spawner.readyAhead, 0, 'the last one fell silent, as the test does not ping')
})

t.test('a program that cannot be started is tried slowly, too', async t => {
  const { spawner, clock, launcher, told } = aheadStage(t, { ready: false })
  launcher.answer = () => ({ status: 'failed', code: 'ENOENT', message: 'missing' })
  spawner.startAhead()
  await clock.advance(10_000)
  t.same(told, ['refused 1 1000', 'refused 2 2000', 'refused 3 4000', 'refused 4 8000'])
})

t.test('after one was handed out, a death is the first one again', async t => {
  const { spawner, clock, launcher, request, told } = aheadStage(t)
  spawner.startAhead()
  await settle()
  launcher.exit('id-1', { code: 1 })
  await clock.advance(1_000)
  await spawner.open(request())
  await clock.advance(500)
  launcher.exit('id-3', { code: 1 })
  await settle()
  t.same(told, ['crashed 1 1000', 'claimed', 'crashed 1 1000'])
})

const known = (lost: string | null): Holder => ({ status: 'known', lost: () => lost })

t.test('one whose port is another’s by now is not handed out, but the next', async t => {
  const { spawner, clock, request, told, holder } = aheadStage(t, { csr: 2 })
  holder.says = () => known('it no longer listens on port 20000')
  spawner.startAhead()
  await settle()
  holder.says = () => known(null)
  await clock.advance(500)
  t.equal(spawner.readyAhead, 2)
  t.match(await spawner.open(request()), { status: 'opened', session: { id: 'id-2' } })
  t.same(told.slice(0, 3), ['id-1: it no longer listens on port 20000', 'unfit', 'claimed'])
  await settle()
  t.match(spawner.session('id-1'), { state: 'failed', reason: 'unfit' })
})

t.test('one that has not reported for long is not handed out, but the next', async t => {
  const { spawner, clock, request, report, told } = aheadStage(t, { csr: 2 })
  spawner.startAhead()
  await clock.advance(12_001)
  report('id-2', 'ping')
  t.match(await spawner.open(request()), { status: 'opened', session: { id: 'id-2' } })
  t.same(told.slice(0, 3), ['id-1: it has not reported for 12 s', 'unfit', 'claimed'])
})

t.test('when none is fit the request gets a start of its own', async t => {
  const { spawner, request, told, holder } = aheadStage(t)
  holder.says = () => known('its process is stopped')
  spawner.startAhead()
  await settle()
  t.match(await spawner.open(request()), { status: 'opened', session: { id: 'id-2' } })
  t.same(told.slice(0, 3), ['id-1: its process is stopped', 'unfit', 'none'])
})

t.test('one that is not where it should be as soon as it is ready is never kept', async t => {
  const { spawner, told, holder, diary } = aheadStage(t)
  holder.says = () => ({ status: 'stranger', why: 'another process listens on port 20000' })
  spawner.startAhead()
  await settle()
  t.same(told, ['id-1: another process listens on port 20000', 'unfit 1 1000'])
  t.same(diary, ['id-1 ->queued', 'id-1 queued>starting', 'id-1 starting>draining unfit', 'id-1 draining>failed unfit'])
})

t.test('one that is claimed while the system is asked who it is goes to the request', async t => {
  const { spawner, request, holder, living } = aheadStage(t)
  let answer = (_holder: Holder) => {}
  holder.says = () => new Promise(resolve => { answer = resolve })
  spawner.startAhead()
  await settle()
  t.same(living(), ['id-1 starting'])
  const opening = spawner.open(request())
  answer({ status: 'stranger', why: 'late' })
  t.match(await opening, { status: 'opened', session: { id: 'id-1', state: 'ready' } })
})

t.test('where the system tells nothing, its reports are believed', async t => {
  const { spawner, request, holder } = aheadStage(t)
  holder.says = () => ({ status: 'unknown' })
  spawner.startAhead()
  await settle()
  t.match(await spawner.open(request()), { status: 'opened', session: { id: 'id-1' } })
})

t.test('one to which somebody comes unasked is no longer kept', async t => {
  for (const how of ['told', 'seen'] as const) {
    const { spawner, report, presence, told } = aheadStage(t)
    spawner.startAhead()
    await settle()
    if (how === 'seen') presence.says = 'present'
    report('id-1', 'ping', { viewers: how === 'told' ? 1 : null })
    await settle()
    t.match(spawner.session('id-1'), { state: 'failed', reason: 'unfit' }, how)
    t.match(told, ['id-1: somebody connected to it who was not sent', /unfit 1/])
  }
})

t.test('one that falls silent is stopped', async t => {
  const { spawner, clock } = aheadStage(t)
  spawner.startAhead()
  await clock.advance(17_000)
  t.match(spawner.session('id-1'), { state: 'failed', reason: 'ping_timeout' })
})

t.test('one that leaves by itself says nothing of a viewer', async t => {
  const { spawner, launcher, report } = aheadStage(t)
  spawner.startAhead()
  await settle()
  report('id-1', 'disconnect')
  launcher.exit('id-1', { code: 0 })
  t.match(spawner.session('id-1'), { state: 'stopped', reason: 'exited' })
})

t.test('one that an administrator stops is replaced without complaint', async t => {
  const { spawner, clock, living, told } = aheadStage(t)
  spawner.startAhead()
  await settle()
  await spawner.stop('id-1', 'admin')
  await clock.advance(500)
  t.same(living(), ['id-2 spare'])
  t.same(told, [])
})
