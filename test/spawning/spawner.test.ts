import t, { type Test } from 'tap'
import { settle } from '../fixtures/fake-clock.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'

/** After everything ended and every record was dropped there is no timer and no port left. */
async function leavesNothing (t: Test, { spawner, ports, clock }: ReturnType<typeof spawnerStage>) {
  await clock.advance(700_000)
  t.equal(spawner.alive, 0, 'no session is left')
  if (!spawner.draining) t.same(spawner.sessions(), [], 'no record is left')
  t.equal(ports.counts().leased, 0, 'no port is left')
  t.equal(clock.pending, 0, 'no timer is left')
}

t.test('a viewer gets a stream server that is ready, and its end gives the port back', async t => {
  const stage = spawnerStage()
  const { spawner, launcher, diary, request, report } = stage
  const opening = spawner.open(request({ model: 'engine' }))
  await settle()
  t.equal(spawner.session('id-1')?.state, 'starting', 'in the table before it is ready')
  t.match(launcher.orders, [{ id: 'id-1', args: ['--sc-port', '20000'] }])
  t.equal(report('id-1', 'ready'), 'taken')
  t.match(await opening, { status: 'opened', session: { id: 'id-1', port: 20_000, pid: 1001, state: 'ready', model: 'engine' } })
  report('id-1', 'ping', { viewers: 1 })
  report('id-1', 'disconnect')
  launcher.exit('id-1', { code: 0 })
  t.same(diary, ['id-1 ->queued', 'id-1 queued>starting', 'id-1 starting>ready', 'id-1 ready>connected', 'id-1 connected>draining client_closed', 'id-1 draining>stopped client_closed'])
  t.same(launcher.signals, [], 'it left by itself')
  await leavesNothing(t, stage)
})

t.test('a report that is early, late, repeated or from a stranger changes nothing', async t => {
  const stage = spawnerStage()
  const { spawner, launcher, diary, request, report } = stage
  t.equal(report('nobody', 'ready'), 'unknown')
  const opening = spawner.open(request())
  t.equal(report('id-1', 'ready'), 'taken', 'while it waits for its port')
  await settle()
  report('id-1', 'ready')
  report('id-1', 'ready')
  await opening
  launcher.exit('id-1', { code: 1 })
  const before = diary.length
  for (const kind of ['ready', 'ping', 'disconnect'] as const) t.equal(report('id-1', kind), 'taken')
  t.equal(diary.length, before)
  await leavesNothing(t, stage)
})

t.test('a viewer that names its model is shown with it; what the request named stays', async t => {
  const stage = spawnerStage()
  const { spawner, request, report, diary } = stage
  const told: Array<string | null> = []
  spawner.on('named', ({ model }) => { told.push(model) })
  for (const model of [null, 'engine']) {
    const opening = spawner.open(request({ model }))
    await settle()
    report(model === null ? 'id-1' : 'id-2', 'ready')
    await opening
  }
  const before = diary.length
  for (const id of ['id-1', 'id-2']) for (const model of ['bench', 'other']) report(id, 'ping', { model })
  t.same(spawner.sessions().map(({ model }) => model), ['bench', 'engine'])
  t.same(told, ['bench'], 'told once')
  t.equal(diary.length, before, 'it is no transition')
  await spawner.close()
})

t.test('the first ping is as good as ready', async t => {
  const stage = spawnerStage()
  const opening = stage.spawner.open(stage.request())
  await settle()
  stage.report('id-1', 'ping')
  t.match(await opening, { status: 'opened' })
  await stage.spawner.close()
})

for (const [name, exit, expected] of [
  ['crashes', { code: 1, outputTail: 'boom' }, { status: 'startFailed', reason: 'crashed', message: /exit-code=1, id=id-1/, session: { exit: { outputTail: 'boom' } } }],
  ['exits with code 0', { code: 0 }, { status: 'startFailed', reason: 'exited' }],
  ['refuses its licence', { code: 6 }, { status: 'startFailed', reason: 'licence', message: /invalid license/ }],
  ['is killed', { code: null, signal: 'SIGSEGV' as const }, { status: 'startFailed', reason: 'killed_by_signal', message: /signal=SIGSEGV/ }]
] as const) {
  t.test(`a stream server that ${name} before it is ready fails the request, not the service`, async t => {
    const stage = spawnerStage()
    const opening = stage.spawner.open(stage.request())
    await settle()
    stage.launcher.exit('id-1', exit)
    t.match(await opening, expected)
    await leavesNothing(t, stage)
  })
}

t.test('a program that cannot be started says why', async t => {
  const stage = spawnerStage()
  stage.launcher.answer = () => ({ status: 'failed', code: 'ENOENT', message: '/sc is missing' })
  t.match(await stage.spawner.open(stage.request()), { status: 'startFailed', reason: 'refused', message: '/sc is missing' })
  await leavesNothing(t, stage)
})

t.test('a stream server that is never ready is killed step by step', async t => {
  const stage = spawnerStage({ max: 1 })
  const { spawner, clock, launcher, request } = stage
  launcher.obeys = ['SIGKILL']
  const opening = spawner.open(request())
  await clock.advance(29_999)
  t.same(launcher.signals, [])
  await clock.advance(1)
  t.match(await opening, { status: 'startFailed', reason: 'start_timeout', message: /not ready within 30 s/ })
  t.same(launcher.signals, ['SIGTERM'])
  t.match(await spawner.open(request()), { status: 'full' }, 'the seat is taken until the process is gone')
  await clock.advance(5_000)
  t.same(launcher.signals, ['SIGTERM', 'SIGKILL'])
  t.match(spawner.session('id-1'), { state: 'failed', reason: 'start_timeout', exit: { signal: 'SIGKILL' } })
  await leavesNothing(t, stage)
})

t.test('a process that outlives SIGKILL is lost and keeps its port until it is seen to end', async t => {
  const stage = spawnerStage({ max: 1 })
  const { spawner, clock, launcher, request, ports } = stage
  launcher.obeys = []
  void spawner.open(request())
  await clock.advance(40_000)
  t.match(spawner.session('id-1'), { state: 'lost', port: 20_000 })
  t.equal(ports.counts().leased, 1)
  t.match(await spawner.open(request()), { status: 'full' })
  launcher.exit('id-1', { code: null, signal: 'SIGKILL' })
  t.equal(ports.counts().leased, 0)
  await leavesNothing(t, stage)
})

t.test('a start that fails after its session was given up gives the port back', async t => {
  const stage = spawnerStage({ max: 1 })
  const { spawner, clock, launcher, request, ports } = stage
  let fail = (_result: { status: 'failed', code: string, message: string }) => {}
  launcher.answer = () => new Promise(resolve => { fail = resolve })
  launcher.obeys = []
  void spawner.open(request())
  await clock.advance(45_000)
  t.equal(spawner.session('id-1')?.state, 'lost')
  fail({ status: 'failed', code: 'LAUNCHER_LOST', message: 'gone' })
  await settle()
  t.equal(ports.counts().leased, 0)
  await leavesNothing(t, stage)
})

t.test('an orphan that the loss of the launcher leaves behind has a deadline too', async t => {
  const stage = spawnerStage()
  const { spawner, clock, launcher } = stage
  await stage.ready()
  launcher.obeys = []
  launcher.emit('lost', { children: 1, cause: 'test' })
  await clock.advance(5_000)
  t.match(spawner.session('id-1'), { state: 'lost', reason: 'owner_lost' })
  launcher.exit('id-1', { code: null, signal: 'SIGKILL' })
  await leavesNothing(t, stage)
})

t.test('full is said at once, with the time to try again', async t => {
  const stage = spawnerStage({ max: 2 })
  const { spawner, request } = stage
  void spawner.open(request())
  void spawner.open(request())
  t.match(await spawner.open(request()), { status: 'full', limit: 2, retryAfter: Number })
  await spawner.close()
  await leavesNothing(t, stage)
})

t.test('100 requests at once on two seats: two sessions, 98 answers', async t => {
  const stage = spawnerStage({ max: 2 })
  const answers = Array.from({ length: 100 }, () => stage.spawner.open(stage.request()))
  await settle()
  stage.report('id-1', 'ready')
  stage.report('id-2', 'ready')
  const statuses = (await Promise.all(answers)).map(answer => answer.status)
  t.equal(statuses.filter(status => status === 'opened').length, 2)
  t.equal(statuses.filter(status => status === 'full').length, 98)
  await stage.spawner.close()
  await leavesNothing(t, stage)
})

t.test('a port that turns out to be taken means the next port, not a failed request', async t => {
  const stage = spawnerStage({ max: 2, ports: 3 })
  const { spawner, launcher, ports, request, report } = stage
  const opening = spawner.open(request())
  await settle()
  launcher.exit('id-1', { code: 1, outputTail: 'bind: Address already in use' })
  await settle()
  launcher.exit('id-1', { code: 10 })
  await settle()
  t.match(spawner.session('id-1'), { exit: null, port: 20_002 }, 'the first attempts leave no trace')
  report('id-1', 'ready')
  t.match(await opening, { status: 'opened', session: { port: 20_002 } })
  t.match(ports.counts(), { blocked: 2, leased: 1 })
  await spawner.close()
  await leavesNothing(t, stage)
})

t.test('a range that others hold is told as a port conflict', async t => {
  const stage = spawnerStage({ taken: new Set([20_000, 20_001]) })
  t.match(await stage.spawner.open(stage.request()), { status: 'noPort', reason: 'port_conflict' })
  t.equal(stage.spawner.unready, 'full', 'seats without ports are no room')
  await leavesNothing(t, stage)
})

t.test('a request waits for a resting port', async t => {
  const stage = spawnerStage({ max: 1 })
  const { spawner, clock, launcher, request, report } = stage
  void spawner.open(request())
  await settle()
  launcher.exit('id-1', { code: 1 })
  const opening = spawner.open(request())
  await settle()
  t.equal(spawner.session('id-2')?.state, 'queued')
  await clock.advance(2_000)
  report('id-2', 'ready')
  t.match(await opening, { status: 'opened', session: { port: 20_000 } })
  await spawner.close()
  await leavesNothing(t, stage)
})

t.test('a request that waited too long for a port is refused and nothing was started', async t => {
  const stage = spawnerStage({ max: 1, limits: { queueTimeout: 1_000 } })
  const { spawner, clock, launcher, request } = stage
  void spawner.open(request())
  await settle()
  launcher.exit('id-1', { code: 1 })
  const opening = spawner.open(request())
  await clock.advance(1_000)
  t.match(await opening, { status: 'noPort', reason: 'queue_timeout', retryAfter: Number })
  t.equal(launcher.orders.length, 1)
  await leavesNothing(t, stage)
})

t.test('a caller who hangs up leaves no session behind, at whatever moment', async t => {
  for (const moment of ['before', 'queued', 'starting', 'ready'] as const) {
    const stage = spawnerStage()
    if (moment === 'before') stage.caller.abort()
    const opening = stage.spawner.open(stage.request())
    if (moment === 'queued') stage.caller.abort()
    await settle()
    if (moment === 'starting') stage.caller.abort()
    await settle()
    if (moment === 'ready') stage.report('id-1', 'ready')
    const result = await opening
    if (moment === 'ready') {
      t.equal(result.status, 'opened')
      stage.caller.abort()
      t.equal(stage.spawner.session('id-1')?.state, 'ready', 'the first-connect deadline has it now')
    } else t.match(result, { status: 'cancelled', reason: 'client_closed' }, moment)
    await leavesNothing(t, stage)
  }
})

t.test('a stream server without a viewer is stopped', async t => {
  const stage = spawnerStage()
  const { spawner, clock, report } = stage
  await stage.ready()
  for (let second = 0; second < 60; second += 5) {
    report('id-1', 'ping')
    await clock.advance(5_000)
  }
  t.match(spawner.session('id-1'), { state: 'stopped', reason: 'first_connect_timeout' })
  await leavesNothing(t, stage)
})

t.test('a viewer that is lost may come back for as long as its stream server waits, however soon the first has to come', async t => {
  for (const [seconds, stays] of [[10, 35], [60, 60]] as const) {
    const stage = spawnerStage()
    const { spawner, clock, request, report } = stage
    const by: string[] = []
    spawner.on('session', ({ reason }, from, actor) => { if (reason !== null && from === 'ready') by.push(actor) })
    void spawner.open(request({ limits: { firstConnectTimeout: seconds * 1_000 } }))
    await settle()
    report('id-1', 'ready')
    report('id-1', 'ping', { viewers: 1 })
    for (let second = 1; second < stays; second++) {
      report('id-1', 'ping', { viewers: 0 })
      await clock.advance(1_000)
    }
    t.equal(spawner.session('id-1')?.state, 'ready', `${seconds} s`)
    report('id-1', 'ping', { viewers: 0 })
    await clock.advance(1_000)
    t.match(spawner.session('id-1'), { state: 'stopped', reason: 'client_closed' }, 'it is not said that nobody came')
    t.same(by, ['limit'])
    await leavesNothing(t, stage)
  }
})

t.test('a lost viewer that the system sees again stays', async t => {
  const stage = spawnerStage()
  const { spawner, clock, presence, report } = stage
  await stage.ready()
  report('id-1', 'ping', { viewers: 1 })
  report('id-1', 'ping', { viewers: 0 })
  presence.says = 'present'
  for (let second = 0; second < 60; second++) {
    report('id-1', 'ping', { viewers: 0 })
    await clock.advance(1_000)
  }
  t.equal(spawner.session('id-1')?.state, 'connected')
  await spawner.close()
  await leavesNothing(t, stage)
})

t.test('a viewer on a direct port is seen by asking the system', async t => {
  const stage = spawnerStage()
  const { spawner, presence, report } = stage
  await stage.ready()
  presence.says = 'present'
  report('id-1', 'ping')
  await settle()
  t.equal(spawner.session('id-1')?.state, 'connected')
  await spawner.close()
  await leavesNothing(t, stage)
})

t.test('the system is not asked for a viewer at the first word of a stream server', async t => {
  const stage = spawnerStage()
  stage.presence.says = 'present'
  await stage.ready()
  await settle()
  t.equal(stage.spawner.session('id-1')?.state, 'ready')
  await stage.spawner.close()
  await leavesNothing(t, stage)
})

t.test('where the system cannot say, a stream server that stays is believed', async t => {
  const stage = spawnerStage()
  const { spawner, clock, presence, report } = stage
  presence.says = 'unknown'
  await stage.ready()
  for (let second = 0; second < 60; second += 5) {
    report('id-1', 'ping')
    await clock.advance(5_000)
  }
  t.equal(spawner.session('id-1')?.state, 'connected')
  await spawner.close()
  await leavesNothing(t, stage)
})

t.test('a stream server that leaves unused gives that as the reason', async t => {
  for (const last of ['exit', 'disconnect'] as const) {
    const stage = spawnerStage()
    await stage.ready()
    for (let second = 0; second < 59; second += 1) {
      await stage.clock.advance(1_000)
      stage.report('id-1', 'ping')
    }
    if (last === 'disconnect') stage.report('id-1', 'disconnect')
    stage.launcher.exit('id-1', { code: 0 })
    t.match(stage.spawner.session('id-1'), { state: 'stopped', reason: 'first_connect_timeout' }, last)
    await leavesNothing(t, stage)
  }
})

t.test('a stream server that falls silent is stopped', async t => {
  const stage = spawnerStage()
  const { spawner, clock, report } = stage
  await stage.ready()
  report('id-1', 'ping', { viewers: 1 })
  await clock.advance(16_000)
  report('id-1', 'ping', { viewers: 1 })
  await clock.advance(16_999)
  t.equal(spawner.session('id-1')?.state, 'connected')
  await clock.advance(1)
  t.match(spawner.session('id-1'), { state: 'failed', reason: 'ping_timeout' })
  await leavesNothing(t, stage)
})

t.test('after the whole service stood still, what stream servers said meanwhile is heard first', async t => {
  const stage = spawnerStage()
  const { spawner, clock, report } = stage
  await stage.ready()
  report('id-1', 'ping', { viewers: 1 })
  clock.stall(60_000)
  await clock.advance(1)
  t.equal(spawner.session('id-1')?.state, 'connected')
  report('id-1', 'ping', { viewers: 1 })
  await clock.advance(16_999)
  t.equal(spawner.session('id-1')?.state, 'connected')
  clock.stall(60_000)
  await clock.advance(2_000)
  t.match(spawner.session('id-1'), { state: 'failed', reason: 'ping_timeout' }, 'the silent one is stopped all the same')
  await leavesNothing(t, stage)
})

t.test('a viewer who comes while the system is asked for one is not sent away', async t => {
  const stage = spawnerStage()
  const { spawner, clock, report, presence } = stage
  await stage.ready()
  for (let second = 0; second < 59; second++) {
    await clock.advance(1_000)
    report('id-1', 'ping')
  }
  const asked = presence.asked()
  await Promise.all([clock.advance(1_000), asked.then(() => { spawner.viewerCame('id-1') })])
  t.equal(spawner.session('id-1')?.state, 'connected')
  await spawner.close()
  await leavesNothing(t, stage)
})

t.test('the next viewer is not idle because the last one was', async t => {
  const stage = spawnerStage({ limits: { idleTimeout: 20_000 } })
  const { spawner, clock, report } = stage
  await stage.ready()
  report('id-1', 'ping', { viewers: 1, idle: 15_000 })
  report('id-1', 'ping', { viewers: 0 })
  await clock.advance(10_000)
  report('id-1', 'ping', { viewers: 1, idle: 0 })
  await clock.advance(10_000)
  t.equal(spawner.session('id-1')?.state, 'connected')
  await spawner.close()
  await leavesNothing(t, stage)
})

t.test('an idle viewer and an old session are stopped where limits are set', async t => {
  for (const [limits, reason] of [[{ idleTimeout: 20_000 }, 'idle_timeout'], [{ maxLifetime: 20_000 }, 'max_lifetime']] as const) {
    const stage = spawnerStage({ limits })
    const { spawner, clock, report } = stage
    await stage.ready()
    for (let second = 0; second <= 20; second += 5) {
      report('id-1', 'ping', { viewers: 1, idle: second * 1_000 })
      await clock.advance(5_000)
    }
    t.match(spawner.session('id-1'), { state: 'stopped', reason })
    await leavesNothing(t, stage)
  }
})

t.test('a viewer that comes back finds its seat', async t => {
  const stage = spawnerStage()
  const { spawner, diary } = stage
  await stage.ready()
  spawner.viewerCame('id-1')
  spawner.viewerAway('id-1')
  spawner.viewerCame('id-1')
  t.same(diary.slice(-3), ['id-1 ready>connected', 'id-1 connected>ready', 'id-1 ready>connected'])
  spawner.viewerLeft('id-1')
  t.match(spawner.session('id-1'), { state: 'draining', reason: 'client_closed' })
  await leavesNothing(t, stage)
})

t.test('a viewer that left gives its stream server a moment, then the ladder', async t => {
  const stage = spawnerStage()
  const { spawner, clock, launcher } = stage
  await stage.ready()
  spawner.viewerLeft('id-1')
  await clock.advance(4_999)
  t.same(launcher.signals, [])
  await clock.advance(1)
  t.same(launcher.signals, ['SIGTERM'])
  await leavesNothing(t, stage)
})

t.test('a session stopped by somebody answers when the process is gone; stopping twice is nothing', async t => {
  const stage = spawnerStage()
  const { spawner, launcher } = stage
  await stage.ready()
  const [first, second] = await Promise.all([spawner.stop('id-1', 'admin'), spawner.stop('id-1', 'drain')])
  t.match([first, second], [{ state: 'stopped', reason: 'admin' }, { state: 'stopped', reason: 'admin' }])
  t.same(launcher.signals, ['SIGTERM'])
  t.equal(await spawner.stop('nobody', 'admin'), undefined)
  await leavesNothing(t, stage)
})

t.test('draining gives nothing out and lets running sessions go on', async t => {
  const stage = spawnerStage()
  const { spawner, launcher, request } = stage
  await stage.ready()
  const emptied = spawner.emptied()
  t.match(await spawner.open(request()), { status: 'draining' })
  t.equal(spawner.session('id-1')?.state, 'ready')
  launcher.exit('id-1', { code: 0 })
  await emptied
  await leavesNothing(t, stage)
})

t.test('closing ends everything, also what is just starting; closing twice is nothing', async t => {
  const stage = spawnerStage()
  const { spawner, clock, request, report } = stage
  const opened = spawner.open(request())
  await settle()
  report('id-1', 'ready')
  const starting = spawner.open(request())
  const closing = [spawner.close(), spawner.close()]
  t.match(await starting, { status: 'cancelled', reason: 'drain' })
  t.match(await opened, { status: 'opened' })
  await Promise.all(closing)
  t.equal(clock.pending, 0)
})

t.test('hurrying goes straight to SIGKILL', async t => {
  const stage = spawnerStage()
  const { spawner, launcher } = stage
  launcher.obeys = ['SIGKILL']
  await stage.ready()
  const closing = spawner.close()
  spawner.hurry()
  await closing
  t.same(launcher.signals, ['SIGTERM', 'SIGKILL'])
})

t.test('when the launcher dies its sessions fail honestly', async t => {
  const stage = spawnerStage()
  const { spawner, launcher, request, report } = stage
  const opened = spawner.open(request())
  await settle()
  report('id-1', 'ready')
  await opened
  const starting = spawner.open(request())
  await settle()
  launcher.emit('lost', { children: 2, cause: 'test' })
  launcher.exit('id-1', { code: null, signal: 'SIGKILL' })
  launcher.exit('id-2', { code: null, signal: 'SIGKILL' })
  t.match(await starting, { status: 'startFailed', reason: 'owner_lost' })
  t.match(spawner.sessions().map(session => session.reason), ['owner_lost', 'owner_lost'])
  await leavesNothing(t, stage)
})

t.test('a disabled renderer is refused', async t => {
  const stage = spawnerStage()
  t.same(await stage.spawner.open(stage.request({ renderer: 'vulkan' as 'csr' })), { status: 'rendererDisabled' })
})

t.test('whoever came and left while the system was asked about him has his time to connect anew', async t => {
  const { clock, spawner, ready, presence, report } = spawnerStage()
  await ready()
  for (let passed = 0; passed < 60_000; passed += 10_000) {
    const asked = presence.asked()
    void clock.advance(10_000)
    await Promise.race([asked, settle().then(settle).then(settle)])
    report('id-1', 'ping', { viewers: passed === 50_000 ? 1 : 0 })
  }
  report('id-1', 'ping', { viewers: 0 })
  await settle()
  t.match(spawner.session('id-1'), { state: 'ready', reason: null })
  await spawner.close()
})

t.test('a late word of a process that lost its port makes nobody ready', async t => {
  const { spawner, launcher, ports, request, report } = spawnerStage({ ports: 2, max: 2 })
  let probed = () => {}
  const take = ports.take.bind(ports)
  let takes = 0
  ports.take = async signal => {
    if (takes++ > 0) await new Promise<void>(resolve => { probed = resolve })
    return await take(signal)
  }
  const opening = spawner.open(request())
  await settle()
  launcher.exit('id-1', { code: 10 })
  await settle()
  report('id-1', 'ready')
  t.match(spawner.session('id-1'), { state: 'starting', port: null })
  probed()
  await settle()
  report('id-1', 'ready')
  t.match(await opening, { status: 'opened', session: { port: 20_001 } })
  await spawner.close()
})
